internal import Platform

/// The forms of the files in which revocation lists come.
enum RevocationListText {
    private static let begin = Array("-----BEGIN X509 CRL-----".utf8)
    private static let end = Array("-----END X509 CRL-----".utf8)

    /// The DER of the only list in a file; text around a PEM block is a comment.
    static func der(_ bytes: [UInt8]) throws(RevocationListError) -> [UInt8] {
        guard !bytes.isEmpty else { throw .empty }
        guard bytes.count <= RevocationList.bytesMax else { throw .tooLarge }
        guard !isDER(bytes) else { return bytes }
        guard let start = position(of: begin, in: bytes, from: 0) else {
            throw .malformed("neither DER nor -----BEGIN X509 CRL-----")
        }
        let first = start + begin.count
        guard let last = position(of: end, in: bytes, from: first) else {
            throw .malformed("no -----END X509 CRL-----")
        }
        guard position(of: begin, in: bytes, from: first) == nil else { throw .several }
        let digits = bytes[first..<last].filter { byte in
            byte != 0x0A && byte != 0x0D && byte != 0x20 && byte != 0x09
        }
        guard let der = Platform.bytes(base64: String(decoding: digits, as: UTF8.self)) else {
            throw .malformed("no strict Base64")
        }
        return der
    }

    /// Each block of a bundle as it is, one without an end too; everything if there is no block.
    static func contents(of bytes: [UInt8]) -> [[UInt8]] {
        guard !isDER(bytes), var start = position(of: begin, in: bytes, from: 0) else {
            return [bytes]
        }
        var found: [[UInt8]] = []
        while true {
            let next = position(of: begin, in: bytes, from: start + begin.count)
            let last = position(of: end, in: bytes, from: start).map { $0 + end.count }
            found.append(Array(bytes[start..<min(last ?? bytes.count, next ?? bytes.count)]))
            guard let next else { return found }
            start = next
        }
    }

    /// Whether a sequence of at least 128 bytes begins here, which no text looks like.
    private static func isDER(_ bytes: [UInt8]) -> Bool {
        bytes.count > 1 && bytes[0] == DERReader.sequence && bytes[1] > 0x80
    }

    /// Where the marker is for the first time; it begins with a hyphen, which is rare.
    private static func position(of marker: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            var index = start
            while index + marker.count <= buffer.count {
                if unsafe buffer[index] == 0x2D,
                    unsafe buffer[index..<(index + marker.count)].elementsEqual(marker)
                {
                    return index
                }
                index += 1
            }
            return nil
        }
    }
}
