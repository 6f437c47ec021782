/// Builds XML text; whatever is not markup is escaped on the way in.
///
/// Elements are always written with an end tag, because some clients read with patterns.
package struct XMLWriter: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init() {
        bytes.reserveCapacity(1024)
    }

    /// Writes markup as it is; only for text that the program itself holds.
    package mutating func markup(_ text: StaticString) {
        bytes += text.description.utf8
    }

    /// Writes text, escaped; characters that XML 1.0 does not allow are left out.
    package mutating func text(_ text: String) {
        if Self.isPlain(text) {
            bytes += text.utf8
            return
        }
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": bytes += "&amp;".utf8
            case "<": bytes += "&lt;".utf8
            case ">": bytes += "&gt;".utf8
            case "\"": bytes += "&quot;".utf8
            case "'": bytes += "&#39;".utf8
            case "\r": bytes += "&#13;".utf8
            case "\t", "\n", " "..."\u{D7FF}", "\u{E000}"..."\u{FFFD}", "\u{10000}"..."\u{10FFFF}":
                if scalar.isASCII {
                    bytes.append(UInt8(truncatingIfNeeded: scalar.value))
                } else {
                    bytes += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
                }
            default: break
            }
        }
    }

    /// Writes text inside the quotes of an attribute, where a reader would turn line breaks and
    /// tabs into blanks if they stood as they are.
    package mutating func attributeText(_ value: String) {
        let isBroken = { (byte: UInt8) in byte == 0x09 || byte == 0x0A }
        guard value.utf8.contains(where: isBroken) else { return text(value) }
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\t": bytes += "&#9;".utf8
            case "\n": bytes += "&#10;".utf8
            default: text(String(scalar))
            }
        }
    }

    /// Writes an element of the `cas:` namespace with text inside, on a line of its own.
    package mutating func element(_ name: String, _ content: String) {
        bytes += "<cas:".utf8
        bytes += name.utf8
        bytes += ">".utf8
        text(content)
        bytes += "</cas:".utf8
        bytes += name.utf8
        bytes += ">\n".utf8
    }

    /// Whether a text is ASCII that stands for itself.
    private static func isPlain(_ text: String) -> Bool {
        let utf8 = text.utf8
        let bytes = utf8.span
        for index in bytes.indices {
            switch bytes[index] {
            case UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""),
                UInt8(ascii: "'"), 0..<0x20, 0x7F...:
                return false
            default: break
            }
        }
        return true
    }
}

/// The attribute's name as an XML element may be called: letters, digits, `_`, `-` and `.`;
/// everything else becomes `_`, and a first character that may not stand first gets a `_` before
/// it.
package func xmlElementName(_ name: String) -> String {
    if isPlainElementName(name) { return name }
    var result = ""
    for scalar in name.unicodeScalars {
        let isAllowed =
            scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
            || scalar == "_" || scalar == "-" || scalar == "."
        result.unicodeScalars.append(isAllowed && isXMLNameScalar(scalar) ? scalar : "_")
    }
    guard let first = result.unicodeScalars.first else { return "_" }
    let mayStart = first.properties.isAlphabetic || first == "_"
    return mayStart ? result : "_" + result
}

/// Whether a name is one already, and ASCII, as nearly all are.
private func isPlainElementName(_ name: String) -> Bool {
    let utf8 = name.utf8
    let bytes = utf8.span
    for index in bytes.indices {
        switch bytes[index] {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "_"):
            break
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
            if index == 0 { return false }
        default: return false
        }
    }
    return bytes.count > 0
}

/// Whether XML 1.0 allows the character in a name, apart from `:` (production 4a, without marks).
private func isXMLNameScalar(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x2D, 0x2E, 0x30...0x39, 0x41...0x5A, 0x5F, 0x61...0x7A, 0xC0...0xD6, 0xD8...0xF6,
        0xF8...0x2FF, 0x370...0x37D, 0x37F...0x1FFF, 0x2C00...0x2FEF, 0x3001...0xD7FF,
        0xF900...0xFDCF, 0xFDF0...0xFFFD, 0x10000...0xEFFFF:
        true
    default: false
    }
}
