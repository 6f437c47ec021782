internal import CASProtocol

/// Where the address that a ticket was granted for and the one it came back with differ.
struct URLDifference: Hashable {
    /// What validation compares, made fit to be shown.
    let granted: String
    let presented: String
    /// The first character from which they differ; it may be the end of one of them.
    let place: Int
    /// What the applications usually do wrong there.
    let hint: String

    /// How much of a line is used for an address.
    private static let columns = 100

    /// Compares two addresses as validation does, or their texts if one is no address.
    ///
    /// - Returns: `nil` if validation takes them for the same.
    init?(granted: String, presented: String) {
        var texts = (granted, presented)
        // Losing the errors is right: what is no address is compared as it stands.
        if let first = try? ServiceURL(anyScheme: granted, bytesMax: .max),
            let second = try? ServiceURL(anyScheme: presented, bytesMax: .max)
        {
            if first.matches(second) { return nil }
            texts = (first.identity, second.identity)
        } else if granted.utf8.elementsEqual(presented.utf8) {
            return nil
        }
        self.granted = texts.0.shownASCII
        self.presented = texts.1.shownASCII
        let pairs = zip(self.granted.utf8, self.presented.utf8)
        place = pairs.prefix { $0 == $1 }.count
        hint = Self.hint(self.granted, self.presented, at: place)
    }

    /// Both addresses with a caret below the first difference, three lines.
    var text: String {
        let (first, second) = (Array(granted.utf8), Array(presented.utf8))
        let length = max(first.count, second.count)
        var start = 0
        if length > Self.columns, place > Self.columns / 2 { start = place - Self.columns / 2 }
        let end = min(length, start + Self.columns)
        func part(_ bytes: [UInt8]) -> String {
            let range = min(start, bytes.count)..<min(end, bytes.count)
            return (start > 0 ? "…" : "") + String(decoding: bytes[range], as: UTF8.self)
                + (bytes.count > end ? "…" : "")
        }
        let indent = String(repeating: " ", count: place - start + (start > 0 ? 1 : 0))
        return """
              granted for  \(part(first))
              presented    \(part(second))
                           \(indent)^

            """
    }

    private static func hint(_ granted: String, _ presented: String, at place: Int) -> String {
        if granted.utf8.count == place, presented.utf8.count == place {
            return "they differ only within a ticket that is part of them"
        }
        if presented.contains("ticket="), !granted.contains("ticket=") {
            return "the application has left the ticket in its address; it must remove it before "
                + "it validates"
        }
        let bytes = Array(granted.utf8)
        let hostStart = bytes.firstRange(of: Array("://".utf8))?.upperBound ?? bytes.count
        let hostEnd = bytes[hostStart...].firstIndex { "/?".utf8.contains($0) } ?? bytes.count
        let queryStart = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.count
        let next = [granted, presented].map { $0.utf8.dropFirst(place).first }
        if place < hostStart {
            return "the scheme differs; an application behind a TLS gateway has to be told that it "
                + "is reached by https"
        }
        let isPastHost = next.allSatisfy { next in next.map { "/?".utf8.contains($0) } ?? true }
        if place < hostEnd || place == hostEnd && !isPastHost {
            return "the host or the port differs; the application has to use the address under "
                + "which browsers reach it"
        }
        if next.contains(nil), next.contains(UInt8(ascii: "/")) {
            return "one goes on with a slash, the other does not"
        }
        if place > queryStart || next.contains(UInt8(ascii: "?")) {
            return "the queries differ; the application has to name at validation exactly what it "
                + "named at login"
        }
        return "the paths differ; the application has to name at validation exactly what it named "
            + "at login"
    }
}
