package import Platform

/// The kinds of ticket, by the prefix that the specification gives them (CAS 3.0 §3).
package enum TicketKind: String, Sendable, CaseIterable {
    case ticketGrantingTicket = "TGT"
    case serviceTicket = "ST"
    case proxyTicket = "PT"
    case proxyGrantingTicket = "PGT"
    case proxyGrantingTicketReceipt = "PGTIOU"
    case loginTicket = "LT"

    /// How many base-62 characters follow the prefix: 32 carry 190 bits, 48 carry 285.
    fileprivate var randomCharacters: Int {
        switch self {
        case .serviceTicket, .proxyTicket: 32
        default: 48
        }
    }
}

/// The identifier of a ticket, such as `ST-8sQ2mU…`.
///
/// A ticket identifier is a bearer secret. Its description is redacted; use ``wireValue`` where
/// the protocol needs the real string.
package struct TicketID: Hashable, Sendable, CustomStringConvertible {
    package let kind: TicketKind
    /// The whole identifier, prefix included, as it travels.
    package let wireValue: String

    /// The longest identifier that is read (CAS 3.0 §3.1 recommends that clients take 256).
    package static let lengthMax = 256

    /// Reads an identifier that somebody sent.
    ///
    /// - Returns: `nil` if the prefix is unknown, if it is empty behind the prefix, longer than 256
    ///   characters, or holds anything but `A-Za-z0-9.-`.
    package init?(_ text: String) {
        let utf8 = text.utf8
        let bytes = utf8.span
        guard bytes.count <= Self.lengthMax else { return nil }
        for index in bytes.indices where !Self.isTicketCharacter(bytes[index]) { return nil }
        guard let dash = utf8.firstIndex(of: UInt8(ascii: "-")),
            let kind = TicketKind(rawValue: String(text[..<dash])),
            utf8.index(after: dash) < utf8.endIndex
        else { return nil }
        self.kind = kind
        wireValue = text
    }

    private init(kind: TicketKind, wireValue: String) {
        self.kind = kind
        self.wireValue = wireValue
    }

    /// Mints a fresh identifier: the prefix and unbiased base-62 characters.
    package static func mint(_ kind: TicketKind, from random: RandomBytes) -> TicketID {
        var text = Array((kind.rawValue + "-").utf8)
        let length = text.count + kind.randomCharacters
        while text.count < length {
            // Bytes from 248 up are thrown away: 248 is the largest multiple of 62 in a byte.
            for byte in random(length - text.count + 4) where byte < 248 && text.count < length {
                text.append(base62Digits[Int(byte % 62)])
            }
        }
        return TicketID(kind: kind, wireValue: String(decoding: text, as: UTF8.self))
    }

    /// The prefix alone; the rest is a secret.
    package var description: String { kind.rawValue + "-…" }

    private static func isTicketCharacter(_ character: UInt8) -> Bool {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

private let base62Digits = Array(
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
