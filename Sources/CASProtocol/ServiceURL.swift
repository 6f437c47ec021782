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
        let utf8 = text.utf8
        guard utf8.count <= bytesMax else { throw .tooLong }
        let bytes = utf8.span
        let isPlain = try Self.checkCharacters(bytes, text)

        let schemeEnd = try Self.schemeEnd(bytes)
        let schemeBytes = bytes.extracting(..<schemeEnd)
        guard let scheme = schemes.first(where: { Self.isLowerCase($0, of: schemeBytes) }) else {
            throw .scheme
        }
        let hostStart = schemeEnd + 3
        guard bytes.count >= hostStart, bytes[schemeEnd + 1] == Self.slash,
            bytes[schemeEnd + 2] == Self.slash
        else { throw .missingHost }
        var restStart = hostStart
        while restStart < bytes.count, !Self.endsAuthority(bytes[restStart]) { restStart += 1 }
        let hostEnd = try hostStart + Self.hostEnd(bytes.extracting(hostStart..<restStart))
        let number = try Self.portNumber(bytes.extracting(hostEnd..<restStart))
        let hasSpecials = try Self.checkRest(bytes.extracting(restStart...))

        self.text = text
        self.scheme = scheme
        host = Self.lowerCased(bytes.extracting(hostStart..<hostEnd))
        port = number == Self.standardPort(of: scheme) ? nil : number
        // Nearly all addresses stand for themselves in each of the three forms.
        let isLowerCase = Self.hasNoCapitals(bytes.extracting(..<hostEnd))
        location = isPlain ? text : Self.location(text)
        if isPlain, isLowerCase, hostEnd == restStart, !hasSpecials {
            patternText = text
            identity = text
            return
        }
        let origin = scheme + "://" + host
        let encodedRest = Self.location(Self.string(bytes.extracting(restStart...)))
        patternText = origin + Self.string(bytes.extracting(hostEnd..<restStart)) + encodedRest
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
    ///
    /// - Parameter flag: The name of one more parameter before it, whose value is `true`.
    package func appending(name: String, value: String, after flag: String? = nil) -> String {
        let bytes = Array(text.utf8)
        let hash = bytes.firstIndex(of: Self.hash) ?? bytes.endIndex
        let base = bytes[..<hash]
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + name.utf8.count + value.utf8.count + 8)
        result += base
        if base.last != Self.questionMark {
            result.append(base.contains(Self.questionMark) ? UInt8(ascii: "&") : Self.questionMark)
        } else if base.dropLast().contains(Self.questionMark) {
            result.append(UInt8(ascii: "&"))
        }
        if let flag { result += (Self.parameterText(flag) + "=true&").utf8 }
        result += Self.parameterText(name).utf8
        result.append(UInt8(ascii: "="))
        result += Self.parameterText(value).utf8
        result += bytes[hash...]
        return String(decoding: result, as: UTF8.self)
    }

    /// ``appending(name:value:after:)`` as it stands in a `Location` header.
    package func location(
        appending name: String, value: String, after flag: String? = nil
    ) -> String {
        Self.location(appending(name: name, value: value, after: flag))
    }
}

// MARK: - Characters

extension ServiceURL {
    static let slash = UInt8(ascii: "/")
    static let questionMark = UInt8(ascii: "?")
    static let hash = UInt8(ascii: "#")
    static let percent = UInt8(ascii: "%")

    static func standardPort(of scheme: String) -> UInt16? {
        scheme == "https" ? 443 : scheme == "http" ? 80 : nil
    }

    /// The text of a part of a text that ends between two characters.
    static func string(_ bytes: Span<UInt8>) -> String {
        var copy: [UInt8] = []
        copy.reserveCapacity(bytes.count)
        for index in bytes.indices { copy.append(bytes[index]) }
        return String(decoding: copy, as: UTF8.self)
    }

    static func lowerCased(_ bytes: Span<UInt8>) -> String {
        var copy: [UInt8] = []
        copy.reserveCapacity(bytes.count)
        for index in bytes.indices { copy.append(lowerCased(bytes[index])) }
        return String(decoding: copy, as: UTF8.self)
    }

    /// Whether a text is what the bytes are in lower case.
    static func isLowerCase(_ text: String, of bytes: Span<UInt8>) -> Bool {
        let utf8 = text.utf8
        let wanted = utf8.span
        guard wanted.count == bytes.count else { return false }
        for index in bytes.indices where lowerCased(bytes[index]) != wanted[index] { return false }
        return true
    }

    static func hasNoCapitals(_ bytes: Span<UInt8>) -> Bool {
        for index in bytes.indices where lowerCased(bytes[index]) != bytes[index] { return false }
        return true
    }

    static func lowerCased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    static func endsAuthority(_ byte: UInt8) -> Bool {
        byte == slash || byte == questionMark || byte == hash
    }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
        default: isAlphanumeric(byte)
        }
    }

    /// RFC 3986 §2: reserved, unreserved, and the percent sign.
    static func isURLCharacter(_ byte: UInt8) -> Bool {
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

    static func encoding(_ text: String, except isKept: (UInt8) -> Bool) -> String {
        if text.utf8.allSatisfy(isKept) { return text }
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count * 2)
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
    package static func parameterText(_ text: String) -> String {
        encoding(text, except: isUnreserved)
    }
}
