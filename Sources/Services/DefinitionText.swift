internal import JSON
internal import YAML

/// The text of a definition or a template as an object, whatever it was written in.
enum DefinitionText {
    /// The ends of the names of files that are read.
    static let suffixes = [".json", ".hjson", ".yml", ".yaml"]

    /// Whether the text could be cut at the end of a line and still be read: YAML, and Hjson
    /// without braces.
    static func hasOpenEnd(_ bytes: [UInt8], file: String) -> Bool {
        if file.hasSuffix(".yml") || file.hasSuffix(".yaml") { return true }
        return bytes.last { $0 > 0x20 } != UInt8(ascii: "}")
    }

    /// Reads JSON with comments, Hjson or YAML; the end of the file's name says which.
    static func parse(_ bytes: [UInt8], file: String) throws(DefinitionTextError) -> JSONObject {
        let value = try value(bytes, file: file)
        guard let object = value.objectValue else {
            throw DefinitionTextError(
                line: 1, reason: "\(value.kindText); an object is expected")
        }
        return object
    }

    private static func value(
        _ bytes: [UInt8], file: String
    ) throws(DefinitionTextError) -> JSONValue {
        if file.hasSuffix(".yml") || file.hasSuffix(".yaml") { return try yaml(bytes) }
        let relaxed: JSONSyntaxError
        do {
            return try JSONValue(parsing: bytes, dialect: .relaxed)
        } catch {
            relaxed = error
        }
        do {
            return try JSONValue(parsing: bytes, dialect: .hjson)
        } catch {
            // In a JSON file the fault in its JSON helps more than the one in what it is not.
            let found = file.hasSuffix(".hjson") ? error : relaxed
            throw DefinitionTextError(
                line: found.line, reason: "column \(found.column): \(found.reason)")
        }
    }

    private static func yaml(_ bytes: [UInt8]) throws(DefinitionTextError) -> JSONValue {
        let node: YAMLNode?
        do {
            node = try YAMLNode.parse(bytes, tagKey: "@class")
        } catch {
            throw DefinitionTextError(line: error.line, reason: error.reason)
        }
        return node.map(value) ?? .null
    }

    private static func value(_ node: YAMLNode) -> JSONValue {
        switch node {
        case .mapping(let members, line: _):
            .object(
                JSONObject(
                    members: members.map {
                        JSONMember(name: $0.key, value: value($0.value), line: $0.line)
                    }))
        case .sequence(let nodes, line: _): .array(nodes.map(value))
        case .scalar(let text, isPlain: false, line: _): .string(text)
        case .scalar(let text, isPlain: true, line: _): plainValue(text)
        }
    }

    /// What a text without quotes means; `yes` and `no` are texts, as they are for Apereo.
    private static func plainValue(_ text: String) -> JSONValue {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        default: break
        }
        let isNumber = text.utf8.allSatisfy { "+-.0123456789eE".utf8.contains($0) }
        if isNumber, let number = Int64(text) { return .integer(number) }
        if isNumber, let number = Double(text), number.isFinite { return .number(number) }
        return .string(text)
    }
}

/// Why a text is no object.
struct DefinitionTextError: Error {
    let line: Int
    let reason: String
}
