internal import CASProtocol
internal import Platform

extension String {
    /// The text as a person may see it: without tickets, and with nothing that a terminal obeys.
    var shown: String { escaped(of: withoutTickets) { !$0.isInvisible } }

    /// The same with every character escaped that may only look like another one.
    var shownASCII: String { escaped(of: withoutTickets) { (" "..."~").contains($0) } }

    private func escaped(of text: String, unless isPlain: (Unicode.Scalar) -> Bool) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if isPlain(scalar) {
                escaped.append(scalar)
            } else {
                escaped += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}".unicodeScalars
            }
        }
        return String(escaped)
    }

    /// The text with only the kind left of everything in it that may be a ticket.
    ///
    /// Applications forget to remove the ticket from their address before they name it.
    var withoutTickets: String {
        let bytes = Array(utf8)
        guard bytes.contains(UInt8(ascii: "-")) else { return self }
        var kept: [UInt8] = []
        var place = 0
        while place < bytes.count {
            if let prefix = Self.ticketPrefixes.first(where: { bytes[place...].starts(with: $0) }) {
                let start = place + prefix.count
                let end =
                    bytes[start...].firstIndex { !Self.isTicketCharacter($0) } ?? bytes.count
                if end - start >= Self.ticketCharactersMin {
                    kept += prefix
                    kept += "***".utf8
                    place = end
                    continue
                }
            }
            kept.append(bytes[place])
            place += 1
        }
        return String(decoding: kept, as: UTF8.self)
    }

    /// How many characters behind the prefix make a ticket.
    private static let ticketCharactersMin = 12
    private static let ticketPrefixes = TicketKind.allCases.filter { $0 != .loginTicket }
        .map { Array(($0.rawValue + "-").utf8) }

    private static func isTicketCharacter(_ character: UInt8) -> Bool {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

extension Unicode.Scalar {
    /// Whether it shows nothing, or changes how others are shown.
    fileprivate var isInvisible: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
            .unassigned:
            true
        default: false
        }
    }
}

extension Instant {
    /// The instant as `2026-05-01 07:55:39Z`.
    var shown: String {
        let text = rfc3339
        guard text.utf8.count == 24 else { return text }
        return text.prefix(10) + " " + text.dropFirst(11).prefix(8) + "Z"
    }
}

extension Duration {
    /// The time in two units at most: `850 ms`, `12.3 s`, `3 min 20 s`, `2 h`, `3 d 4 h`.
    var shown: String {
        let milliseconds = max(0, self.milliseconds)
        let seconds = milliseconds / 1000
        switch seconds {
        case 0: return "\(milliseconds) ms"
        case ..<60: return "\(seconds).\(milliseconds % 1000 / 100) s"
        case ..<3600: return Self.words(seconds / 60, "min", seconds % 60, "s")
        case ..<86_400: return Self.words(seconds / 3600, "h", seconds / 60 % 60, "min")
        default: return Self.words(seconds / 86_400, "d", seconds / 3600 % 24, "h")
        }
    }

    private static func words(
        _ count: Int64, _ unit: String, _ rest: Int64, _ restUnit: String
    ) -> String {
        "\(count) \(unit)" + (rest > 0 ? " \(rest) \(restUnit)" : "")
    }
}
