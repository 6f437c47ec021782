internal import XML

extension UpstreamAnswer {
    /// The longest body, in bytes, whatever the protocol.
    package static let bodyBytesMax = 64 << 10
    /// The longest name of a user, in bytes.
    package static let userBytesMax = 512
    /// The longest name of an attribute, in bytes.
    package static let attributeNameBytesMax = 128
    /// The longest value of an attribute, in bytes.
    package static let attributeValueBytesMax = 8 << 10
    /// How many values there may be, of all attributes together.
    package static let attributeValuesMax = 500

    /// Reads the body of an answer.
    ///
    /// Unknown elements are ignored. Attributes are read in both of the forms that servers write:
    /// as children of `cas:attributes`, and as `cas:attribute` with `name` and `value`; where
    /// both name the same attribute, the children are taken.
    ///
    /// - Throws: The first fault that is found.
    package static func read(
        _ body: [UInt8], protocolVersion: UpstreamProtocol
    ) throws(UpstreamAnswerFault) -> UpstreamAnswer {
        switch protocolVersion {
        case .cas1: return try readPlainText(body)
        case .cas2, .cas3: return try readXML(body)
        }
    }

    /// `yes` and the user, or `no`; lines end with LF or CR LF, further ones are ignored.
    private static func readPlainText(
        _ body: [UInt8]
    ) throws(UpstreamAnswerFault) -> UpstreamAnswer {
        guard body.count <= bodyBytesMax, let text = String(validating: body, as: UTF8.self) else {
            throw .notPlainText
        }
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { line in String(Substring(line.last == 0x0D ? line.dropLast() : line)) }
        switch lines.first {
        case "no": return .failure(code: "no", text: "")
        case "yes" where lines.count >= 2:
            return .success(user: try checkedUser(lines[1]), attributes: Attributes())
        default: throw .notPlainText
        }
    }

    private static func readXML(_ body: [UInt8]) throws(UpstreamAnswerFault) -> UpstreamAnswer {
        guard body.count <= bodyBytesMax else { throw .notXML }
        let root: XMLElement
        do { root = try XMLElement.parse(withoutSpaceBefore(body)) } catch { throw .notXML }
        guard root.isNamed("serviceResponse", XMLNamespace.cas) else { throw .root }
        let successes = root.all("authenticationSuccess", XMLNamespace.cas)
        let failures = root.all("authenticationFailure", XMLNamespace.cas)
        guard successes.count + failures.count == 1,
            root.count(named: "authenticationSuccess") == successes.count,
            root.count(named: "authenticationFailure") == failures.count
        else { throw .outcome }
        if let success = successes.first { return try readSuccess(success) }
        return .failure(
            code: codeWord(failures.first?.attribute("code") ?? ""),
            text: logText(failures.first?.trimmedText ?? ""))
    }

    private static func readSuccess(
        _ success: XMLElement
    ) throws(UpstreamAnswerFault) -> UpstreamAnswer {
        guard let user = success.only("user", XMLNamespace.cas), user.children.isEmpty else {
            throw .user
        }
        guard success.all("proxies", XMLNamespace.cas).isEmpty else { throw .proxied }
        return .success(
            user: try checkedUser(user.trimmedText), attributes: try readAttributes(success))
    }

    private static func checkedUser(_ text: String) throws(UpstreamAnswerFault) -> String {
        let user = withoutSpaceAround(text)
        guard isUserName(user) else { throw .user }
        return user
    }

    /// Whether a text can name a user: not empty, at most ``userBytesMax`` bytes, no control
    /// characters, and no white space of any script at its ends, which services cut off.
    package static func isUserName(_ text: String) -> Bool {
        let ends = [text.unicodeScalars.first, text.unicodeScalars.last]
        return (1...userBytesMax).contains(text.utf8.count) && !hasControls(text)
            && ends.allSatisfy { $0.map { !$0.properties.isWhitespace } ?? false }
    }

    private static func readAttributes(
        _ success: XMLElement
    ) throws(UpstreamAnswerFault) -> Attributes {
        let lists = success.all("attributes", XMLNamespace.cas)
        guard lists.count <= 1 else { throw .attributes }
        let children = (lists.first?.children ?? []).filter { $0.namespace == XMLNamespace.cas }
        let isInline = { (element: XMLElement) in
            element.name == "attribute" && element.attribute("name") != nil
        }
        var attributes = Attributes()
        var count = 0
        for child in children where !isInline(child) && child.children.isEmpty {
            try add(child.trimmedText, to: child.name, of: &attributes, count: &count)
        }
        var inline = Attributes()
        let siblings = success.all("attribute", XMLNamespace.cas)
        for element in (children + siblings).filter(isInline) {
            let name = element.attribute("name") ?? ""
            guard attributes[name] == nil else { continue }
            let value = element.attribute("value") ?? element.trimmedText
            try add(value, to: name, of: &inline, count: &count)
        }
        for entry in inline.entries { attributes.add(entry.values, to: entry.name) }
        return attributes
    }

    private static func add(
        _ value: String, to name: String, of attributes: inout Attributes, count: inout Int
    ) throws(UpstreamAnswerFault) {
        guard !value.isEmpty else { return }
        count += 1
        guard count <= attributeValuesMax, value.utf8.count <= attributeValueBytesMax,
            (1...attributeNameBytesMax).contains(name.utf8.count), !hasControls(name)
        else { throw .attributes }
        attributes.add([value], to: name)
    }

    private static func hasControls(_ text: String) -> Bool {
        text.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }

    private static func codeWord(_ code: String) -> String {
        let isWord = code.utf8.allSatisfy { byte in
            ServiceURL.isAlphanumeric(byte) || byte == UInt8(ascii: "_")
        }
        return isWord && (1...64).contains(code.utf8.count) ? code : "UNKNOWN"
    }

    /// The text for the log: one line of at most 200 characters.
    ///
    /// Servers repeat the ticket in it, so of every word that holds one just the prefix is kept.
    private static func logText(_ text: String) -> String {
        var line = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(1000) {
            let isControl = scalar.properties.generalCategory == .control
            line.append(isControl ? " " : scalar)
        }
        let words = String(line).split(separator: " ").map { word -> String in
            for kind in TicketKind.allCases {
                if let range = word.firstRange(of: kind.rawValue + "-") {
                    return String(word[..<range.upperBound]) + "…"
                }
            }
            return String(word)
        }
        return String(words.joined(separator: " ").prefix(200))
    }
}
