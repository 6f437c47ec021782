import Testing

@testable import JSON

@Suite("RFC 8259 parsing") struct JSONParserTests {
    private func error(_ text: String, _ dialect: JSONDialect = .strict) -> JSONSyntaxError? {
        do {
            _ = try JSONValue(parsing: text, dialect: dialect)
            return nil
        } catch {
            return error
        }
    }

    @Test func `every kind of value is read`() throws {
        let value = try JSONValue(
            parsing: #" { "a" : [ 1, -2.5e1, true, false, null, "x" ], "b":{} } "#)
        #expect(value == ["a": [1, -25.0, true, false, nil, "x"], "b": [:]])
    }

    @Test func `numbers keep what they are`() throws {
        #expect(try JSONValue(parsing: "9223372036854775807") == .integer(.max))
        #expect(try JSONValue(parsing: "-9223372036854775808") == .integer(.min))
        #expect(try JSONValue(parsing: "9223372036854775808") == .number(9_223_372_036_854_775_808))
        #expect(try JSONValue(parsing: "1.0") == .number(1))
        #expect(try JSONValue(parsing: "1E+2") == .number(100))
    }

    @Test(arguments: [
        "", " ", "{", "}", "[", "[1", "[1 2]", "[,]", "[1,]", "{,}", "{\"a\":1,}", "{\"a\"}",
        "{\"a\":}",
        "{a:1}", "{'a':1}", "01", "-", "1.", ".5", "1e", "+1", "0x1", "NaN", "Infinity", "tru",
        "nul",
        "truex", "1 2", "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"a\nb\"",
        "\"\u{1}\"",
        "// c\n1", "# c\n1", "/* c */1", "1e999", "\u{FEFF}1", "\"\\uD800\"", "\"\\uDC00\"",
        "\"\\uD800\\uD800\"", "\"\\uD800x\"", "\u{A0}1", "[1]]", "'''a'''",
    ])
    func `what is not JSON is refused`(text: String) {
        #expect(error(text) != nil)
    }

    @Test func `a name that comes twice is refused, also in another spelling`() {
        #expect(error(#"{"a":1,"b":2,"a":3}"#)?.column == 14)
        #expect(error(#"{"a":1,"\u0061":3}"#) != nil)
        #expect(error(#"{"a":1,"b":{"a":2}}"#) == nil)
    }

    @Test func `errors tell line and column in characters`() {
        let found = error("{\n  \"ä\" : 1,\n  \"ö\" ; 2\n}")
        #expect(found == JSONSyntaxError(line: 3, column: 7, reason: "a colon should be here"))
        #expect(found?.description == "line 3, column 7: a colon should be here")
    }

    @Test func `escapes and surrogate pairs are decoded`() throws {
        let value = try JSONValue(
            parsing: #""\"\\\/\b\f\n\r\t\u0041\u00e9\uD83D\uDE00\u0000""#)
        #expect(value == .string("\"\\/\u{8}\u{c}\n\r\tAé😀\u{0}"))
    }

    @Test(
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22],
        ] as [[UInt8]])
    func `bytes that are not UTF-8 are refused with their place`(bytes: [UInt8]) {
        let lines: [UInt8] = [0x5B, 0x0A, 0x20] + bytes + [0x5D]
        #expect {
            _ = try JSONValue(parsing: lines)
        } throws: { error in
            (error as? JSONSyntaxError)
                == JSONSyntaxError(line: 2, column: 3, reason: "not valid UTF-8")
        }
    }

    @Test func `64 levels are read and 65 are not`() {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(error(nested(64)) == nil)
        #expect(error(nested(65))?.reason == "nested deeper than 64")
        #expect(error(String(repeating: "{\"a\":", count: 100_000)) != nil)
        #expect(error("[" + String(repeating: "[],", count: 100) + "[]]") == nil)
    }

    @Test func `the size limit is inclusive`() throws {
        #expect(throws: Never.self) { try JSONValue(parsing: Array("[1]".utf8), bytesMax: 3) }
        #expect(throws: JSONSyntaxError.self) {
            try JSONValue(parsing: Array("[1 ]".utf8), bytesMax: 3)
        }
        let blanks = [UInt8](repeating: 0x20, count: JSONLimits.bytesMax)
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: blanks + [0x31]) }
    }

    @Test func `the relaxed dialect knows comments and trailing commas`() throws {
        let text = """
            # a hash
            { // a line
              /* a
                 block * / */ "a" : [ 1, 2, ], # after
              "url" : "https://x/#y//z/*", /**/
            }
            // the end
            """
        let value = try JSONValue(parsing: text, dialect: .relaxed)
        #expect(value == ["a": [1, 2], "url": "https://x/#y//z/*"])
        #expect(value.objectValue?.member("a")?.line == 4)
        #expect(value.objectValue?.member("url")?.line == 5)
    }

    @Test(arguments: [
        "[,]", "{,}", "[1,,]", "/* never", "/*/", "/", "{a:1}", "{'a':1}", "'''a'''", "{\"a\" 1}",
        "[1 2]", "{\"a\":1 \"b\":2}", "// only a comment", "\"a\nb\"",
    ])
    func `the relaxed dialect knows nothing more`(text: String) {
        #expect(error(text, .relaxed) != nil)
    }

    @Test func `members keep order and can be changed`() throws {
        var object = try #require(
            JSONValue(parsing: #"{"b":1,"a":2,"c":3}"#).objectValue)
        #expect(object.members.map(\.name) == ["b", "a", "c"])
        object["a"] = "x"
        object["b"] = nil
        object["d"] = .null
        #expect(object == ["a": "x", "c": 3, "d": nil])
        #expect(object["missing"] == nil)
    }

    @Test func `values are told apart by kind`() {
        let values: [JSONValue] = [nil, true, 1, 1.5, "s", [1], ["a": 1]]
        #expect(
            values.map(\.kindText) == [
                "null", "a boolean", "a number", "a number", "a string", "an array", "an object",
            ])
        #expect(values.compactMap(\.boolValue) == [true])
        #expect(values.compactMap(\.integerValue) == [1])
        #expect(values.compactMap(\.stringValue) == ["s"])
        #expect(values.compactMap(\.arrayValue) == [[1]])
        #expect(values.compactMap(\.objectValue) == [["a": 1]])
    }
}
