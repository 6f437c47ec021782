internal import Glibc
package import Platform

/// A FastCGI web server's side of one connection, at the level of single bytes.
///
/// Every wait ends at a deadline. Not for more than one thread at a time.
@safe
package final class FastCGIClient {
    package struct TimedOut: Error {
        package init() {}
    }

    /// What came back for one request.
    package struct Answer: Hashable, Sendable {
        /// Everything on STDOUT: header lines and body.
        package var output = ""
        /// Whether the END_REQUEST record came; without it the connection broke.
        package var isComplete = false

        package init() {}
    }

    /// How long any wait may take.
    package static let patience: Int64 = 10_000

    private let descriptor: Int32
    private var received: [UInt8] = []
    private var isOpen = true

    /// Connects to a Unix socket.
    package init(path: String) throws(FileError) {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { room in
            unsafe room.copyBytes(from: path.utf8.prefix(room.count - 1))
        }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            let error = FileError(path: path)
            Glibc.close(descriptor)
            throw error
        }
    }

    deinit { close() }

    /// Closes the connection; twice is harmless.
    package func close() {
        guard isOpen else { return }
        isOpen = false
        Glibc.close(descriptor)
    }

    /// Says that nothing more will be sent.
    package func finishSending() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Sends the bytes in pieces of at most `pieceLength`; `false` once the peer has closed.
    @discardableResult
    package func send(_ bytes: [UInt8], pieceLength: Int = .max) -> Bool {
        var offset = 0
        while offset < bytes.count {
            let length = min(pieceLength, bytes.count - offset)
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.send(
                    descriptor, buffer.baseAddress.map { unsafe $0 + offset }, length,
                    Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            offset += count
        }
        return true
    }

    /// Sends a whole request and waits for its answer.
    package func request(
        _ parameters: [(String, String)], body: [UInt8] = [], isKept: Bool = true
    ) throws -> Answer {
        send(FastCGIRecords.request(parameters, body: body, isKept: isKept))
        return try answer()
    }

    /// Waits for the answer to the request sent before.
    package func answer(within milliseconds: Int64 = patience) throws -> Answer {
        let deadline = monotonicMilliseconds() + milliseconds
        var answer = Answer()
        var output: [UInt8] = []
        while let (type, content) = try record(by: deadline) {
            if type == FastCGIRecords.output { output += content }
            if type == FastCGIRecords.end {
                answer.isComplete = true
                break
            }
        }
        answer.output = String(decoding: output, as: UTF8.self)
        return answer
    }

    /// Waits until the peer closes, throwing away what it sends; `false` if it does not in time.
    package func peerCloses(within milliseconds: Int64 = patience) -> Bool {
        let deadline = monotonicMilliseconds() + milliseconds
        do {
            while try receive(by: deadline) {}
            return true
        } catch {
            return false
        }
    }

    /// The next record, or `nil` once the peer has closed.
    private func record(by deadline: Int64) throws -> (type: UInt8, content: [UInt8])? {
        while true {
            if received.count >= 8 {
                let length = Int(received[4]) << 8 | Int(received[5])
                let total = 8 + length + Int(received[6])
                if received.count >= total {
                    let record = (received[1], Array(received[8..<(8 + length)]))
                    received.removeFirst(total)
                    return record
                }
            }
            guard try receive(by: deadline) else { return nil }
        }
    }

    /// Adds to `received`; `false` once the peer has closed.
    private func receive(by deadline: Int64) throws -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let remaining = Int32(clamping: max(0, deadline - monotonicMilliseconds()))
        guard unsafe poll(&entry, 1, remaining) == 1 else { throw TimedOut() }
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return false }
        received += buffer[..<count]
        return true
    }
}

/// The records of the FastCGI specification (§3.3, §8), as bytes.
package enum FastCGIRecords {
    package static let begin: UInt8 = 1
    package static let abort: UInt8 = 2
    package static let end: UInt8 = 3
    package static let parameters: UInt8 = 4
    package static let input: UInt8 = 5
    package static let output: UInt8 = 6

    /// One record; the content must be shorter than 64 KiB.
    package static func record(
        _ type: UInt8, _ content: [UInt8] = [], requestID: UInt16 = 1
    ) -> [UInt8] {
        let count = content.count
        return [
            1, type, UInt8(requestID >> 8), UInt8(requestID & 255),
            UInt8(count >> 8), UInt8(count & 255), 0, 0,
        ] + content
    }

    /// BEGIN_REQUEST for a role, the responder's unless said otherwise.
    package static func begin(isKept: Bool, role: UInt8 = 1) -> [UInt8] {
        record(begin, [0, role, isKept ? 1 : 0, 0, 0, 0, 0, 0])
    }

    /// A stream in records of at most `recordLength` bytes, with its empty last one.
    package static func stream(
        _ type: UInt8, _ content: [UInt8], recordLength: Int = 32 << 10
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        var offset = 0
        while offset < content.count {
            let end = min(offset + recordLength, content.count)
            bytes += record(type, Array(content[offset..<end]))
            offset = end
        }
        return bytes + record(type)
    }

    /// Names and values as the content of PARAMS.
    package static func pairs(_ parameters: [([UInt8], [UInt8])]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (name, value) in parameters {
            bytes += length(name.count) + length(value.count) + name + value
        }
        return bytes
    }

    private static func length(_ count: Int) -> [UInt8] {
        guard count > 127 else { return [UInt8(count)] }
        return [
            UInt8(count >> 24 & 127 | 128), UInt8(count >> 16 & 255), UInt8(count >> 8 & 255),
            UInt8(count & 255),
        ]
    }

    /// A whole request; `CONTENT_LENGTH` is added to the parameters when there is a body.
    package static func request(
        _ parameters: [(String, String)], body: [UInt8] = [], isKept: Bool = true,
        recordLength: Int = 32 << 10
    ) -> [UInt8] {
        var all = parameters.map { (Array($0.0.utf8), Array($0.1.utf8)) }
        if !body.isEmpty {
            all.append((Array("CONTENT_LENGTH".utf8), Array(String(body.count).utf8)))
        }
        return begin(isKept: isKept)
            + stream(Self.parameters, pairs(all), recordLength: recordLength)
            + stream(input, body, recordLength: recordLength)
    }
}
