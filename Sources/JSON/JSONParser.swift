extension JSONValue {
    /// Parses a whole text.
    ///
    /// Refused beside bad syntax: a name that comes twice in one object, bytes that are not UTF-8,
    /// a surrogate without its partner, a number too large for a `Double`, nesting deeper than
    /// ``JSONLimits/depthMax``, more bytes than the limit.
    ///
    /// - Throws: With the first thing that is wrong.
    package init(
        parsing bytes: [UInt8], dialect: JSONDialect = .strict,
        bytesMax: Int = JSONLimits.bytesMax
    ) throws(JSONSyntaxError) {
        guard bytes.count <= bytesMax else {
            throw JSONSyntaxError(line: 1, column: 1, reason: "more than \(bytesMax) bytes")
        }
        var parser = JSONParser(bytes, dialect)
        self = try parser.parseText()
    }

    /// Parses a whole text that is a `String` already.
    package init(
        parsing text: String, dialect: JSONDialect = .strict
    ) throws(JSONSyntaxError) {
        try self.init(parsing: Array(text.utf8), dialect: dialect)
    }
}

/// A recursive-descent parser over the bytes of one text; strings and numbers are in extensions.
struct JSONParser {
    let bytes: [UInt8]
    let dialect: JSONDialect
    var position = 0
    private(set) var line = 1
    private(set) var lineStart = 0
    private var depth = 0

    init(_ bytes: [UInt8], _ dialect: JSONDialect) {
        self.bytes = bytes
        self.dialect = dialect
    }

    /// The byte at the position, or `nil` behind the end.
    var next: UInt8? {
        position < bytes.count ? bytes[position] : nil
    }

    /// The error that the text is wrong at the position, or at an earlier one in the same line.
    func failure(_ reason: String, at place: Int? = nil) -> JSONSyntaxError {
        let end = min(place ?? position, bytes.count)
        let start = min(lineStart, end)
        // Bytes that continue a UTF-8 sequence are not characters of their own.
        let column = bytes[start..<end].reduce(1) { $1 & 0xC0 == 0x80 ? $0 : $0 + 1 }
        return JSONSyntaxError(line: line, column: column, reason: reason)
    }

    mutating func parseText() throws(JSONSyntaxError) -> JSONValue {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { throw failure("a byte order mark") }
        try checkEncoding()
        try skipBlanks()
        let value = dialect == .hjson ? try parseHjsonText() : try parseValue()
        try skipBlanks()
        guard next == nil else { throw failure("something follows the value") }
        return value
    }

    private mutating func checkEncoding() throws(JSONSyntaxError) {
        if String(validating: bytes, as: UTF8.self) != nil { return }
        var valid = 0
        var rest = bytes.makeIterator()
        var decoder = Unicode.UTF8.ForwardParser()
        while case .valid(let scalar) = decoder.parseScalar(from: &rest) {
            valid += scalar.count
            if scalar.first == UInt8(ascii: "\n") { startLine(at: valid) }
        }
        throw failure("not valid UTF-8", at: valid)
    }

    mutating func startLine(at place: Int) {
        line += 1
        lineStart = place
    }

    mutating func parseValue() throws(JSONSyntaxError) -> JSONValue {
        guard let next else { throw failure("the text ends where a value should be") }
        if dialect == .hjson { return try parseHjsonValue() }
        switch next {
        case UInt8(ascii: "{"): return .object(try parseObject())
        case UInt8(ascii: "["): return .array(try parseArray())
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber()
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        default: throw failure("a value should be here")
        }
    }

    mutating func parseWord(
        _ word: StaticString, _ value: JSONValue
    ) throws(JSONSyntaxError) -> JSONValue {
        let text = Array(word.description.utf8)
        guard bytes[position...].starts(with: text) else {
            throw failure("a value should be here")
        }
        position += text.count
        return value
    }

    mutating func enter() throws(JSONSyntaxError) {
        depth += 1
        guard depth <= JSONLimits.depthMax else {
            throw failure("nested deeper than \(JSONLimits.depthMax)")
        }
        position += 1
        try skipBlanks()
    }

    mutating func leave() {
        depth -= 1
        position += 1
    }

    mutating func parseArray() throws(JSONSyntaxError) -> [JSONValue] {
        try enter()
        var elements: [JSONValue] = []
        while next != UInt8(ascii: "]") {
            elements.append(try parseValue())
            guard try skipComma(before: UInt8(ascii: "]")) else {
                throw failure("a comma or a closing bracket should be here")
            }
        }
        leave()
        return elements
    }

    mutating func parseObject() throws(JSONSyntaxError) -> JSONObject {
        try enter()
        let members = try parseMembers(until: UInt8(ascii: "}"))
        leave()
        return JSONObject(members: members)
    }

    /// Parses members up to a byte, or up to the end of the text.
    mutating func parseMembers(until end: UInt8?) throws(JSONSyntaxError) -> [JSONMember] {
        var members: [JSONMember] = []
        var names: Set<String> = []
        while next != end {
            let start = position
            let memberLine = line
            let name = try parseName()
            guard names.insert(name).inserted else {
                throw failure("a name that this object has already", at: start)
            }
            try skipBlanks()
            guard next == UInt8(ascii: ":") else { throw failure("a colon should be here") }
            position += 1
            try skipBlanks()
            members.append(JSONMember(name: name, value: try parseValue(), line: memberLine))
            guard try skipComma(before: end) else {
                throw failure("a comma or a closing brace should be here")
            }
        }
        return members
    }

    private mutating func parseName() throws(JSONSyntaxError) -> String {
        if dialect == .hjson { return try parseHjsonName() }
        guard next == UInt8(ascii: "\"") else {
            throw failure("a name in double quotes should be here")
        }
        return try parseString()
    }

    /// Skips the comma behind an element; `false` if there is neither a comma nor the end.
    private mutating func skipComma(before end: UInt8?) throws(JSONSyntaxError) -> Bool {
        try skipBlanks()
        if next == end { return true }
        guard next == UInt8(ascii: ",") else { return dialect == .hjson && next != nil }
        position += 1
        try skipBlanks()
        if next == end, dialect == .strict { throw failure("a comma behind the last element") }
        return true
    }

    mutating func skipBlanks() throws(JSONSyntaxError) {
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\n"):
                position += 1
                startLine(at: position)
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
                position += 1
            case UInt8(ascii: "#") where dialect != .strict:
                skipLine()
            case UInt8(ascii: "/") where dialect != .strict:
                try skipComment()
            default:
                return
            }
        }
    }

    private mutating func skipLine() {
        while let byte = next, byte != UInt8(ascii: "\n") { position += 1 }
    }

    private mutating func skipComment() throws(JSONSyntaxError) {
        let opening = self
        switch position + 1 < bytes.count ? bytes[position + 1] : 0 {
        case UInt8(ascii: "/"):
            skipLine()
        case UInt8(ascii: "*"):
            position += 2
            while position + 1 < bytes.count {
                if bytes[position] == UInt8(ascii: "*"), bytes[position + 1] == UInt8(ascii: "/") {
                    position += 2
                    return
                }
                position += 1
                if bytes[position - 1] == UInt8(ascii: "\n") { startLine(at: position) }
            }
            throw opening.failure("a comment that never ends")
        default:
            throw failure("a value should be here")
        }
    }
}
