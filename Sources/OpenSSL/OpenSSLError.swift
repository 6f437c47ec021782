internal import COpenSSL

/// A call of OpenSSL that failed, with everything that the library had to say about it.
package struct OpenSSLError: Error, Hashable, CustomStringConvertible {
    /// What was being done, for example `seal`.
    package let operation: String
    /// OpenSSL's own reasons, the oldest first; may be empty.
    package let reasons: [String]

    /// Takes the reasons from the calling thread's queue, which is empty afterwards.
    init(draining operation: String) {
        self.operation = operation
        var reasons: [String] = []
        while true {
            let code = ERR_get_error()
            guard code != 0 else { break }
            var buffer = [UInt8](repeating: 0, count: 256)
            unsafe buffer.withUnsafeMutableBytes { buffer in
                unsafe ERR_error_string_n(
                    code, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count)
            }
            reasons.append(String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self))
        }
        self.reasons = reasons
    }

    package var description: String {
        reasons.isEmpty ? operation : "\(operation): \(reasons.joined(separator: "; "))"
    }
}
