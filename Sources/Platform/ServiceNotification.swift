internal import CPlatform
internal import Glibc

/// Tells systemd how the service is (`sd_notify(3)`), if systemd asked to be told.
package struct ServiceNotification: Sendable {
    private let address: String?
    /// How often systemd wants to hear that all is well, or `nil` if it does not.
    package let watchdogInterval: Duration?

    /// Reads `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`.
    package init() {
        address = CurrentProcess.environment("NOTIFY_SOCKET")
        let isForUs = CurrentProcess.environment("WATCHDOG_PID").map { $0 == "\(getpid())" } ?? true
        let microseconds = CurrentProcess.environment("WATCHDOG_USEC").flatMap(Int64.init)
        watchdogInterval = isForUs ? microseconds.map { .microseconds($0) } : nil
    }

    package enum State: Sendable {
        case ready, reloading, stopping, watchdog
        case status(String)
    }

    /// Sends a state; when nobody listens, nothing happens.
    package func send(_ state: State) {
        let text =
            switch state {
            case .ready: "READY=1"
            case .reloading: "RELOADING=1\nMONOTONIC_USEC=\(monotonicMilliseconds() * 1000)"
            case .stopping: "STOPPING=1"
            case .watchdog: "WATCHDOG=1"
            case .status(let text): "STATUS=\(text)"
            }
        guard let address, let first = address.utf8.first, address.utf8.count < 108 else { return }
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &name.sun_path) { path in
            unsafe path.copyBytes(from: address.utf8)
            // A leading @ stands for the NUL of an abstract address.
            if first == UInt8(ascii: "@") { unsafe path[0] = 0 }
        }
        let descriptor = socket(
            AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + address.utf8.count)
        let message = Array(text.utf8)
        _ = unsafe withUnsafePointer(to: &name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe sendto(descriptor, message, message.count, Int32(MSG_NOSIGNAL.rawValue), $0, length)
            }
        }
    }
}
