internal import JSON
package import Platform
internal import Tickets

/// What a tool prints, and how it ends.
package struct ToolOutput: Hashable, Sendable {
    /// For standard output.
    package var text: String
    /// For standard error.
    package var complaint = ""
    package var status: ToolStatus

    /// Makes an output of a text; whatever in it may be a ticket is left out.
    package init(_ text: String, status: ToolStatus = .good) {
        self.text = text.withoutTickets
        self.status = status
    }

    /// The output of a body, or why there is none.
    package init(of body: () throws -> ToolOutput) {
        do {
            self = try body()
        } catch {
            self.init("", status: .failed)
            complaint = "casd: \(Self.text(of: error))\n".withoutTickets
        }
    }

    /// Prints it.
    ///
    /// - Returns: The exit code.
    package func show() -> Int32 {
        print(text, terminator: "")
        if !complaint.isEmpty { LogFile().append(Array(complaint.utf8)) }
        return status.rawValue
    }

    private static func text(of error: any Error) -> String {
        guard let error = error as? TicketRegistryError else { return "\(error)" }
        return switch error {
        case .full: "the ticket store is full"
        case .unavailable(let reason): "the ticket store cannot be used: \(reason)"
        case .corrupt(let reason): "the ticket store is damaged: \(reason)"
        case .otherFormat(let reason): "the ticket store is of another release: \(reason)"
        case .sessionEnded: "the session is over"
        case .ambiguous: "several tickets begin with these digits; give more of them"
        }
    }
}

/// How a tool ends, for scripts.
package enum ToolStatus: Int32, Sendable {
    /// All is well.
    case good = 0
    /// The answer is no, or there is something to look at.
    case remarkable = 1
    /// There are errors, or there is no answer.
    case failed = 2
}

/// For whom a tool writes.
package enum ToolFormat: Sendable {
    /// For people, with what is no plain character escaped.
    case text
    /// For programs: one JSON object.
    case json
}

/// What a tool has found, for people and for programs.
protocol ToolReport {
    var text: String { get }
    var json: JSONValue { get }
    var status: ToolStatus { get }
}

extension ToolReport {
    var status: ToolStatus { .good }
}

extension ToolOutput {
    init(_ report: some ToolReport, _ format: ToolFormat) {
        let text =
            switch format {
            case .text: report.text
            case .json: report.json.text(indented: true) + "\n"
            }
        self.init(text, status: report.status)
    }
}

/// Why a tool has no answer, and what to do.
struct ToolFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension Configuration {
    /// The configuration of a file, whose path is seen from the root, so that every path in it is.
    static func inForce(_ file: String) throws(ConfigurationProblems) -> Configuration {
        try load(file.hasPrefix("/") ? file : File.currentDirectory + "/" + file)
    }
}

extension Program {
    /// The clock of the commands.
    package static let clock: Clock = { .now }

    /// Whether somebody sits before the terminal who can answer a question.
    package static var canAsk: Bool { StandardInput.isTerminal }
}
