/// Why a text is not taken as a service; the raw value is the reason class of the log.
package enum ServiceURLFault: String, Error, Hashable, Sendable, CaseIterable {
    case empty
    case tooLong = "too-long"
    case controlCharacter = "control-character"
    case whitespace
    case backslash
    /// `%00`, `%0a` or `%0d`, which careless readers turn into what they stand for.
    case encodedControlCharacter = "encoded-control-character"
    /// No scheme at all: a path, or `//host`.
    case relative
    /// A scheme that is not on the list.
    case scheme
    case missingHost = "missing-host"
    /// `user@host`: people read the user as the host.
    case userInformation = "user-information"
    /// A host that is neither letters, digits, `-`, `_` and dots nor an IPv6 address.
    case hostCharacter = "host-character"
    case port
    /// `.` or `..` in the path: the browser goes somewhere else than the text says.
    case dotSegment = "dot-segment"
}

/// The address of a service: where a browser is sent with a ticket, and what a ticket is valid for.
///
/// Whoever holds one knows that the text was parsed strictly: it names a host, and a browser reads
/// scheme, host and path as we do. Two are equal if their texts are, byte for byte; whether a
/// ticket for one is valid for the other is asked with ``matches(_:)``.
package struct ServiceURL: Hashable, Sendable {
    /// The longest text by default, in bytes.
    package static let bytesMax = 4096

    /// The text as it came.
    package let text: String
    /// The scheme, in lower case.
    package let scheme: String
    /// The host, in lower case; an IPv6 address with its brackets.
    package let host: String
    /// The port if one was written that is not the scheme's own.
    package let port: UInt16?
    /// The text as it stands in a `Location` header: every byte that is no URL character is
    /// percent-encoded (as a browser would), nothing else is changed.
    package let location: String
    /// What is matched with patterns: the location with scheme and host in lower case.
    package let patternText: String
    /// What is compared at validation: the location with scheme and host in lower case, without a
    /// default port, without `;jsessionid…` at the end of the path, without the fragment.
    package let identity: String

    /// Reads an address.
    ///
    /// - Parameters:
    ///   - text: The value of the parameter, percent-decoded once.
    ///   - schemes: The schemes that are allowed, in lower case.
    ///   - bytesMax: The longest text, in bytes of UTF-8.
    /// - Throws: The first fault that is found.
    package init(
        _ text: String, schemes: [String] = ["https", "http"], bytesMax: Int = ServiceURL.bytesMax
    ) throws(ServiceURLFault) {
        guard !text.isEmpty else { throw .empty }
        guard text.utf8.count <= bytesMax else { throw .tooLong }
        let bytes = Array(text.utf8)
        try Self.checkCharacters(bytes, text)

        let schemeEnd = try Self.schemeEnd(bytes)
        scheme = Self.lowerCased(bytes[..<schemeEnd])
        guard schemes.contains(scheme) else { throw .scheme }
        let afterScheme = bytes[(schemeEnd + 1)...]
        guard afterScheme.starts(with: [Self.slash, Self.slash]) else { throw .missingHost }
        let authority = afterScheme.dropFirst(2).prefix { !Self.endsAuthority($0) }
        let rest = bytes[authority.endIndex...]
        let hostEnd = try Self.hostEnd(authority)
        host = Self.lowerCased(authority[..<hostEnd])
        let number = try Self.portNumber(authority[hostEnd...])
        port = number == Self.standardPorts[scheme] ? nil : number
        try Self.checkSegments(rest.prefix { $0 != Self.questionMark && $0 != Self.hash })

        self.text = text
        location = Self.location(text)
        let origin = scheme + "://" + host
        let encodedRest = Self.location(String(decoding: rest, as: UTF8.self))
        patternText =
            origin + String(decoding: authority[hostEnd...], as: UTF8.self) + encodedRest
        identity = origin + (port.map { ":\($0)" } ?? "") + Self.identityPart(encodedRest)
    }

    package static func == (left: ServiceURL, right: ServiceURL) -> Bool {
        // `==` of strings takes different bytes for equal if Unicode calls them equivalent.
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(text)
    }

    /// Whether a ticket for one of the two is valid for the other.
    package func matches(_ other: ServiceURL) -> Bool {
        identity.utf8.elementsEqual(other.identity.utf8)
    }

    /// The place, in bytes of ``identity``, from which the two differ; `nil` if they match.
    package func firstDifference(from other: ServiceURL) -> Int? {
        let mine = Array(identity.utf8)
        let others = Array(other.identity.utf8)
        let common = zip(mine, others).prefix { $0 == $1 }.count
        return common == mine.count && common == others.count ? nil : common
    }

    /// The text with one more parameter, before a fragment; nothing that was there is changed.
    ///
    /// Clients compute their service from the request that comes back, so what they wrote must
    /// come back as they wrote it, `…/callback?url` without a value too.
    package func appending(name: String, value: String) -> String {
        let bytes = Array(text.utf8)
        let hash = bytes.firstIndex(of: Self.hash) ?? bytes.endIndex
        let base = bytes[..<hash]
        var result = Array(base)
        if base.last != Self.questionMark {
            result.append(base.contains(Self.questionMark) ? UInt8(ascii: "&") : Self.questionMark)
        } else if base.dropLast().contains(Self.questionMark) {
            result.append(UInt8(ascii: "&"))
        }
        result += Self.parameterText(name).utf8
        result.append(UInt8(ascii: "="))
        result += Self.parameterText(value).utf8
        result += bytes[hash...]
        return String(decoding: result, as: UTF8.self)
    }

    /// ``appending(name:value:)`` as it stands in a `Location` header.
    package func location(appending name: String, value: String) -> String {
        Self.location(appending(name: name, value: value))
    }
}

// MARK: - Characters

extension ServiceURL {
    private static let slash = UInt8(ascii: "/")
    private static let questionMark = UInt8(ascii: "?")
    private static let hash = UInt8(ascii: "#")
    private static let percent = UInt8(ascii: "%")
    private static let standardPorts: [String: UInt16] = ["https": 443, "http": 80]

    private static func lowerCased(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.map(lowerCased), as: UTF8.self)
    }

    private static func lowerCased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    private static func endsAuthority(_ byte: UInt8) -> Bool {
        byte == slash || byte == questionMark || byte == hash
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
        default: isAlphanumeric(byte)
        }
    }

    /// RFC 3986 §2: reserved, unreserved, and the percent sign.
    private static func isURLCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case percent, UInt8(ascii: ":"), slash, questionMark, hash, UInt8(ascii: "["),
            UInt8(ascii: "]"), UInt8(ascii: "@"), UInt8(ascii: "!"), UInt8(ascii: "$"),
            UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: ")"),
            UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: ";"),
            UInt8(ascii: "="):
            true
        default: isUnreserved(byte)
        }
    }

    private static func encoding(_ text: String, except isKept: (UInt8) -> Bool) -> String {
        if text.utf8.allSatisfy(isKept) { return text }
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if isKept(byte) {
                bytes.append(byte)
            } else {
                bytes += [percent, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Any text made safe for a `Location` header, as ``location`` is.
    package static func location(_ text: String) -> String {
        encoding(text, except: isURLCharacter)
    }

    /// A text as it stands in the name or value of a query parameter.
    private static func parameterText(_ text: String) -> String {
        encoding(text, except: isUnreserved)
    }
}

// MARK: - Parsing

extension ServiceURL {
    private static func checkCharacters(
        _ bytes: [UInt8], _ text: String
    ) throws(ServiceURLFault) {
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case UInt8(ascii: " "), 0x09...0x0D: throw .whitespace
            case 0..<0x20, 0x7F: throw .controlCharacter
            case UInt8(ascii: "\\"): throw .backslash
            case percent:
                let code = bytes[(index + 1)...].prefix(2).map(lowerCased)
                if ["00", "0a", "0d"].contains(where: { code.elementsEqual($0.utf8) }) {
                    throw .encodedControlCharacter
                }
            default: continue
            }
        }
        guard bytes.contains(where: { $0 >= 0x80 }) else { return }
        for scalar in text.unicodeScalars {
            if scalar.properties.isWhitespace { throw .whitespace }
            if scalar.properties.generalCategory == .control { throw .controlCharacter }
        }
    }

    /// Where the colon behind the scheme is.
    private static func schemeEnd(_ bytes: [UInt8]) throws(ServiceURLFault) -> Int {
        guard let end = bytes.firstIndex(of: UInt8(ascii: ":")), let first = bytes.first,
            isAlphanumeric(first), !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first),
            bytes[..<end].allSatisfy({
                isAlphanumeric($0) || "+-.".utf8.contains($0)
            })
        else { throw .relative }
        return end
    }

    /// Where the host ends in an authority: at the colon of a port or at the very end.
    private static func hostEnd(_ authority: ArraySlice<UInt8>) throws(ServiceURLFault) -> Int {
        if authority.contains(UInt8(ascii: "@")) { throw .userInformation }
        if authority.first == UInt8(ascii: "[") {
            guard let bracket = authority.firstIndex(of: UInt8(ascii: "]")) else {
                throw .hostCharacter
            }
            let address = authority[..<bracket].dropFirst()
            guard address.count >= 2, address.contains(UInt8(ascii: ":")),
                address.allSatisfy({ "0123456789abcdefABCDEF:.".utf8.contains($0) })
            else { throw .hostCharacter }
            return bracket + 1
        }
        let end = authority.firstIndex(of: UInt8(ascii: ":")) ?? authority.endIndex
        let name = authority[..<end]
        guard !name.isEmpty else { throw .missingHost }
        guard
            name.allSatisfy({
                isAlphanumeric($0) || "-._".utf8.contains($0)
            })
        else { throw .hostCharacter }
        // One dot at the end is the root of the domain name system; an empty label is a mistake.
        let labels = name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let last =
            labels.last?.isEmpty == true && labels.count > 1 ? labels.dropLast() : labels[...]
        guard !last.contains(where: \.isEmpty) else { throw .hostCharacter }
        return end
    }

    /// The number behind the colon; `nil` if nothing, or just the colon, is there.
    private static func portNumber(_ text: ArraySlice<UInt8>) throws(ServiceURLFault) -> UInt16? {
        guard let colon = text.first else { return nil }
        guard colon == UInt8(ascii: ":") else { throw .hostCharacter }
        let digits = text.dropFirst()
        if digits.isEmpty { return nil }
        guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let number = UInt16(String(decoding: digits, as: UTF8.self))
        else { throw .port }
        return number
    }

    /// Refuses segments that a browser, or a server that drops `;parameters`, resolves.
    private static func checkSegments(_ path: ArraySlice<UInt8>) throws(ServiceURLFault) {
        for segment in path.split(separator: slash) {
            let name = segment.prefix { $0 != UInt8(ascii: ";") }
            guard name.count <= 6, let first = name.first,
                first == UInt8(ascii: ".") || first == percent
            else { continue }
            var text = lowerCased(name)
            while let escape = text.firstRange(of: "%2e") {
                text.replaceSubrange(escape, with: ".")
            }
            if text == "." || text == ".." { throw .dotSegment }
        }
    }

    /// The part of an address behind its authority, without session identifier and fragment.
    private static func identityPart(_ text: String) -> String {
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
