// The steps of reading an address, each over its bytes alone.
extension ServiceURL {
    /// - Returns: Whether all bytes are URL characters.
    static func checkCharacters(
        _ bytes: Span<UInt8>, _ text: String
    ) throws(ServiceURLFault) -> Bool {
        var isPlain = true
        var isASCII = true
        for index in bytes.indices {
            let byte = bytes[index]
            if isURLCharacter(byte), byte != percent { continue }
            switch byte {
            case UInt8(ascii: " "), 0x09...0x0D: throw .whitespace
            case 0..<0x20, 0x7F: throw .controlCharacter
            case UInt8(ascii: "\\"): throw .backslash
            case percent:
                if isEncodedControl(bytes, at: index) { throw .encodedControlCharacter }
                continue
            case 0x80...: isASCII = false
            default: break
            }
            isPlain = false
        }
        guard !isASCII else { return isPlain }
        for scalar in text.unicodeScalars {
            if scalar.properties.isWhitespace { throw .whitespace }
            if scalar.properties.generalCategory == .control { throw .controlCharacter }
        }
        return isPlain
    }

    /// Whether `%00`, `%0a` or `%0d` stands at the place of a percent sign.
    private static func isEncodedControl(_ bytes: Span<UInt8>, at index: Int) -> Bool {
        guard index + 2 < bytes.count, bytes[index + 1] == UInt8(ascii: "0") else { return false }
        switch lowerCased(bytes[index + 2]) {
        case UInt8(ascii: "0"), UInt8(ascii: "a"), UInt8(ascii: "d"): return true
        default: return false
        }
    }

    /// Where the colon behind the scheme is.
    static func schemeEnd(_ bytes: Span<UInt8>) throws(ServiceURLFault) -> Int {
        guard isAlphanumeric(bytes[0]), !isDigit(bytes[0]) else { throw .relative }
        for index in bytes.indices {
            switch bytes[index] {
            case UInt8(ascii: ":"): return index
            case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): break
            default: guard isAlphanumeric(bytes[index]) else { throw .relative }
            }
        }
        throw .relative
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    /// Where the host ends in an authority: at the colon of a port or at the very end.
    static func hostEnd(_ authority: Span<UInt8>) throws(ServiceURLFault) -> Int {
        for index in authority.indices where authority[index] == UInt8(ascii: "@") {
            throw .userInformation
        }
        guard authority.count > 0 else { throw .missingHost }
        if authority[0] == UInt8(ascii: "[") { return try addressEnd(authority) }
        var labelStart = 0
        var end = 0
        while end < authority.count, authority[end] != UInt8(ascii: ":") {
            switch authority[end] {
            case UInt8(ascii: "."):
                guard end > labelStart else { throw .hostCharacter }
                labelStart = end + 1
            case UInt8(ascii: "-"), UInt8(ascii: "_"): break
            default: guard isAlphanumeric(authority[end]) else { throw .hostCharacter }
            }
            end += 1
        }
        // One dot at the end is the root of the domain name system; an empty label is a mistake.
        guard end > 0 else { throw .missingHost }
        return end
    }

    /// Where an IPv6 address ends, behind its bracket.
    private static func addressEnd(_ authority: Span<UInt8>) throws(ServiceURLFault) -> Int {
        var hasColon = false
        for index in 1..<authority.count {
            switch authority[index] {
            case UInt8(ascii: "]"):
                guard hasColon, index >= 3 else { throw .hostCharacter }
                return index + 1
            case UInt8(ascii: ":"): hasColon = true
            case UInt8(ascii: "."), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"):
                break
            default: throw .hostCharacter
            }
        }
        throw .hostCharacter
    }

    /// The number behind the colon; `nil` if nothing, or just the colon, is there.
    static func portNumber(_ text: Span<UInt8>) throws(ServiceURLFault) -> UInt16? {
        guard text.count > 0 else { return nil }
        guard text[0] == UInt8(ascii: ":") else { throw .hostCharacter }
        if text.count == 1 { return nil }
        var number: UInt16 = 0
        for index in 1..<text.count {
            guard isDigit(text[index]) else { throw .port }
            let (product, isTooLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = product.addingReportingOverflow(
                UInt16(text[index] - UInt8(ascii: "0")))
            guard !isTooLarge, !overflow else { throw .port }
            number = sum
        }
        return number
    }

    /// Checks what stands behind the authority.
    ///
    /// - Returns: Whether a semicolon or a fragment is there, which an identity may lack.
    static func checkRest(_ rest: Span<UInt8>) throws(ServiceURLFault) -> Bool {
        var hasSpecials = false
        var isPath = true
        var segmentStart = 0
        for index in rest.indices {
            let byte = rest[index]
            if byte == hash || byte == UInt8(ascii: ";") { hasSpecials = true }
            guard isPath, byte == slash || byte == questionMark || byte == hash else { continue }
            try checkSegment(rest.extracting(segmentStart..<index))
            segmentStart = index + 1
            if byte != slash { isPath = false }
        }
        if isPath { try checkSegment(rest.extracting(segmentStart...)) }
        return hasSpecials
    }

    /// Refuses a segment that a browser, or a server that drops `;parameters`, resolves.
    private static func checkSegment(_ segment: Span<UInt8>) throws(ServiceURLFault) {
        guard segment.count > 0, segment[0] == UInt8(ascii: ".") || segment[0] == percent else {
            return
        }
        var end = 0
        while end < segment.count, segment[end] != UInt8(ascii: ";") { end += 1 }
        guard end <= 6 else { return }
        var text = lowerCased(segment.extracting(..<end))
        while let escape = text.firstRange(of: "%2e") {
            text.replaceSubrange(escape, with: ".")
        }
        if text == "." || text == ".." { throw .dotSegment }
    }

    /// The part of an address behind its authority, without session identifier and fragment.
    static func identityPart(_ text: String) -> String {
        let bytes = Array(text.utf8)
        let name = Array(";jsessionid".utf8)
        let beforeFragment = bytes.prefix { $0 != hash }
        let path = beforeFragment.prefix { $0 != questionMark }
        var kept = path
        for start in path.indices where path[start] == UInt8(ascii: ";") {
            if path[start...].prefix(name.count).map(lowerCased) == name {
                kept = path[..<start]
                break
            }
        }
        return String(decoding: kept + beforeFragment[path.endIndex...], as: UTF8.self)
    }
}
