internal import Glibc
internal import Platform

/// Why a listening socket could not be made or adopted, or the loop could not start.
package struct FastCGIError: Error, Hashable, CustomStringConvertible {
    /// What was attempted, such as `bind /run/casd/casd.sock`.
    package let operation: String
    /// What went wrong, in the system's words where it was the system.
    package let reason: String

    package init(_ operation: String, reason: String) {
        self.operation = operation
        self.reason = reason
    }

    /// Captures the system's error of the call that failed just now.
    init(_ operation: String) {
        self.init(operation, reason: systemErrorText(errno))
    }

    package var description: String { "\(operation): \(reason)" }
}
