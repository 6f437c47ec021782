internal import Platform

/// The segments of a token in compact form: 3 if it is signed, 5 if it is encrypted.
struct CompactToken {
    let bytes: [UInt8]
    let layer: TokenHeader.Layer
    private let dots: [Int]

    init(_ bytes: [UInt8]) throws(JOSEError) {
        self.bytes = bytes
        var dots: [Int] = []
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: ".") {
            guard dots.count < 4 else { throw .malformed("more than 5 segments") }
            dots.append(index)
        }
        switch dots.count {
        case 2: layer = .signed
        case 4: layer = .encrypted
        default: throw .malformed("neither 3 nor 5 segments")
        }
        self.dots = dots
    }

    var header: ArraySlice<UInt8> { bytes[..<(dots.first ?? 0)] }

    /// What a signature is over: everything up to the last dot.
    var signingInput: [UInt8] { Array(bytes[..<(dots.last ?? 0)]) }

    /// One segment, decoded.
    ///
    /// - Throws: If it is not strict base64url: no padding, no blanks, no stray bits.
    func decoded(_ index: Int) throws(JOSEError) -> [UInt8] {
        let start = index == 0 ? 0 : dots[index - 1] + 1
        let end = index < dots.count ? dots[index] : bytes.count
        guard let decoded = Platform.bytes(base64: bytes[start..<end], .url) else {
            throw .malformed("segment \(index + 1) not in base64url")
        }
        return decoded
    }
}
