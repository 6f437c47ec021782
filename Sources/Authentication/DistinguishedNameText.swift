internal import OpenSSL
internal import Platform

extension DistinguishedNameKey {
    /// The longest name that is read, in bytes.
    private static var textBytesMax: Int { 4096 }

    /// Reads a name as RFC 2253, RFC 4514 or Java write it: the most specific part first, keywords
    /// or dotted identifiers in either case, values escaped, quoted or `#` and hexadecimal digits;
    /// blanks around separators do not matter.
    ///
    /// - Returns: `nil` if the text is no such name, or an empty one.
    package init?(_ text: String) {
        guard (1...Self.textBytesMax).contains(text.utf8.count) else { return nil }
        var reader = NameReader(bytes: Array(text.utf8))
        guard let groups = reader.groups() else { return nil }
        self.init(groups: groups.reversed())
    }
}

/// Reads one text from its first to its last byte.
private struct NameReader {
    let bytes: [UInt8]
    var position = 0

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipBlanks() {
        while next == UInt8(ascii: " ") { position += 1 }
    }

    /// The relative names, the most specific first.
    mutating func groups() -> [[[UInt8]]]? {
        var groups: [[[UInt8]]] = [[]]
        while true {
            guard let attribute = attribute() else { return nil }
            groups[groups.count - 1].append(attribute)
            guard let separator = next else { return groups }
            position += 1
            switch separator {
            case UInt8(ascii: "+"): continue
            case UInt8(ascii: ","), UInt8(ascii: ";"): groups.append([])
            default: return nil
            }
        }
    }

    private mutating func attribute() -> [UInt8]? {
        skipBlanks()
        let start = position
        while let byte = next, byte != UInt8(ascii: "="), byte != UInt8(ascii: " ") {
            position += 1
        }
        let keyword = String(decoding: bytes[start..<position], as: UTF8.self)
        skipBlanks()
        guard next == UInt8(ascii: "="), let identifier = identifier(keyword) else { return nil }
        position += 1
        skipBlanks()
        let value: [UInt8]?
        switch next {
        case UInt8(ascii: "#"): return encoded().map { Self.element(identifier, der: $0) }
        case UInt8(ascii: "\""): value = quoted()
        default: value = plain()
        }
        return value.map { DistinguishedNameKey.element(identifier, $0, der: []) }
    }

    private func identifier(_ keyword: String) -> String? {
        if let known = DistinguishedName.identifier(named: keyword) { return known }
        let isPrefixed = keyword.uppercased().hasPrefix("OID.")
        let dotted = isPrefixed ? String(keyword.dropFirst("OID.".count)) : keyword
        let arcs = dotted.split(separator: ".", omittingEmptySubsequences: false)
        let isDotted = arcs.allSatisfy { arc in
            !arc.isEmpty
                && arc.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        }
        return arcs.count > 1 && isDotted ? dotted : nil
    }

    /// The DER behind a number sign.
    private mutating func encoded() -> [UInt8]? {
        position += 1
        var der: [UInt8] = []
        while let byte = next, let high = hexadecimalDigit(byte) {
            guard position + 1 < bytes.count, let low = hexadecimalDigit(bytes[position + 1])
            else { return nil }
            der.append(high << 4 | low)
            position += 2
        }
        skipBlanks()
        return der.count < 2 ? nil : der
    }

    private mutating func quoted() -> [UInt8]? {
        position += 1
        var value: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                skipBlanks()
                return value
            case UInt8(ascii: "\\"):
                guard let byte = escaped() else { return nil }
                value.append(byte)
            default: value.append(byte)
            }
        }
        return nil
    }

    private mutating func plain() -> [UInt8]? {
        var value: [UInt8] = []
        // Blanks at the end belong to the separator, unless they are escaped.
        var length = 0
        while let byte = next, !",+;".utf8.contains(byte) {
            position += 1
            if byte == UInt8(ascii: "\\") {
                guard let byte = escaped() else { return nil }
                value.append(byte)
                length = value.count
            } else {
                guard byte != UInt8(ascii: "\"") else { return nil }
                value.append(byte)
                if byte != UInt8(ascii: " ") { length = value.count }
            }
        }
        return Array(value.prefix(length))
    }

    /// The byte behind a backslash: itself, or two hexadecimal digits.
    private mutating func escaped() -> UInt8? {
        guard let byte = next else { return nil }
        position += 1
        guard let high = hexadecimalDigit(byte) else { return byte }
        guard let second = next, let low = hexadecimalDigit(second) else { return nil }
        position += 1
        return high << 4 | low
    }

    /// The key of a value in DER: as text if it is a string, as names in certificates are.
    private static func element(_ identifier: String, der: [UInt8]) -> [UInt8] {
        DistinguishedNameKey.element(identifier, text(der).map { Array($0.utf8) }, der: der)
    }

    /// The text of a string type in DER, as OpenSSL reads it.
    private static func text(_ der: [UInt8]) -> String? {
        var content = der.dropFirst(2)
        if der.count > 2, der[1] == 0x81 { content = der.dropFirst(3) }
        if der.count > 3, der[1] == 0x82 { content = der.dropFirst(4) }
        switch der[0] {
        case 0x0C: return String(validating: content, as: UTF8.self)
        case 0x13, 0x14, 0x16:
            var text = String.UnicodeScalarView()
            for byte in content { text.append(Unicode.Scalar(byte)) }
            return String(text)
        case 0x1E:
            let bytes = Array(content)
            guard bytes.count.isMultiple(of: 2) else { return nil }
            let units = stride(from: 0, to: bytes.count, by: 2).map {
                UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1])
            }
            return String(validating: units, as: UTF16.self)
        default: return nil
        }
    }
}
