/// A piece of HTML that cannot hold unescaped text: literals are markup, everything else is data.
///
/// In `let line: HTML = "<p title=\"\(name)\">\(name)</p>"` the literal parts are taken as they are
/// and the interpolated strings are escaped for text and for quoted attribute values alike. Markup
/// comes from the source code only: there is no way to make it of a `String` known at run time.
/// An attribute value must be quoted, and text must not be put into scripts, styles or addresses
/// whose scheme has not been checked.
package struct HTML: Hashable, Sendable {
    /// The markup.
    package private(set) var markup: String

    /// Nothing at all.
    package static let empty: HTML = ""

    /// The pieces one after the other.
    package init(_ pieces: [HTML]) {
        markup = ""
        for piece in pieces { markup += piece.markup }
    }

    package static func + (left: HTML, right: HTML) -> HTML {
        HTML([left, right])
    }
}

extension HTML: ExpressibleByStringInterpolation {
    // `StaticString` instead of `String`: a literal qualifies, a value made at run time does not.
    package typealias StringLiteralType = StaticString

    package init(stringLiteral: StaticString) {
        markup = stringLiteral.description
    }

    package init(stringInterpolation: StringInterpolation) {
        markup = stringInterpolation.markup
    }

    /// Collects the parts of a literal and escapes what is interpolated.
    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var markup = ""

        package init(literalCapacity: Int, interpolationCount: Int) {
            markup.reserveCapacity(literalCapacity + interpolationCount * 24)
        }

        package mutating func appendLiteral(_ literal: StaticString) {
            markup += literal.description
        }

        /// Text, escaped.
        package mutating func appendInterpolation(_ text: String) {
            HTML.appendEscaped(text, to: &markup)
        }

        /// A number.
        package mutating func appendInterpolation(_ number: Int) {
            markup += String(number)
        }

        /// Markup, as it is.
        package mutating func appendInterpolation(_ piece: HTML) {
            markup += piece.markup
        }

        /// Markup, as it is, or nothing.
        package mutating func appendInterpolation(_ piece: HTML?) {
            if let piece { markup += piece.markup }
        }

        /// Several pieces of markup, one after the other.
        package mutating func appendInterpolation(_ pieces: [HTML]) {
            for piece in pieces { markup += piece.markup }
        }
    }
}

extension HTML {
    private static func appendEscaped(_ text: String, to markup: inout String) {
        guard text.utf8.contains(where: mayNeedEscaping) else {
            markup += text
            return
        }
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": markup += "&amp;"
            case "<": markup += "&lt;"
            case ">": markup += "&gt;"
            case "\"": markup += "&quot;"
            case "'": markup += "&#39;"
            default:
                if isAllowed(scalar) { markup.unicodeScalars.append(scalar) }
            }
        }
    }

    /// Whether a character that begins with this byte has to be looked at.
    private static func mayNeedEscaping(_ byte: UInt8) -> Bool {
        switch byte {
        case 0..<0x20, 0x22, 0x26, 0x27, 0x3C, 0x3E, 0x7F: true
        // The first bytes of the C1 controls, the direction controls and the noncharacters.
        case 0xC2, 0xE2, 0xEF...0xFF: true
        default: false
        }
    }

    /// Whether a page may contain the character: no controls but tab and line feed, and no
    /// noncharacters.
    ///
    /// The controls of the text direction are left out too: with them a host could be written so
    /// that it reads as another one. Pages isolate foreign text by `bdi` instead.
    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A: true
        case 0x00..<0x20, 0x7F...0x9F, 0xFDD0...0xFDEF: false
        case 0x202A...0x202E, 0x2066...0x2069: false
        default: scalar.value & 0xFFFE != 0xFFFE
        }
    }
}
