/// Columns of text for people.
struct TextTable {
    let header: [String]
    var rows: [[String]] = []

    /// The longest text of a cell; what is longer is cut.
    var cellMax = 80

    init(_ header: String...) {
        self.header = header
    }

    /// The rows below the header, each with a line end; texts are made fit to be shown.
    var text: String {
        let cells = ([header] + rows).map { row in row.map { cut($0.shown) } }
        let widths = header.indices.map { column in
            cells.map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0
        }
        return cells.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                line += cell
                guard column + 1 < row.count, widths.indices.contains(column) else { continue }
                line += String(repeating: " ", count: widths[column] - cell.count + 2)
            }
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }

    private func cut(_ text: String) -> String {
        text.count <= cellMax ? text : text.prefix(cellMax - 1) + "…"
    }
}

/// Lines that each begin with what they tell of: `user        casuser`.
struct FactList {
    private var lines: [(label: String, text: String)] = []

    /// Adds a line; the text is made fit to be shown.
    mutating func add(_ label: String, _ text: String) {
        lines.append((label, text.shown))
    }

    /// The lines with their texts below each other.
    var text: String {
        let width = (lines.map(\.label.count).max() ?? 0) + 2
        return lines.map { label, text in
            label + String(repeating: " ", count: width - label.count) + text + "\n"
        }.joined()
    }
}
