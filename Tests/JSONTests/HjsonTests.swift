import JSON
import Testing

@Suite("Hjson") struct HjsonTests {
    private func parse(_ text: String) throws -> JSONValue {
        try JSONValue(parsing: text, dialect: .hjson)
    }

    @Test(
        arguments: [
            ("{a: b c, d}", nil), ("{a: b c, d\n}", ["a": "b c, d"]),
            ("a: 1\nb: true # x\n", ["a": 1, "b": true]),
            ("{a: 1 b: 2}", nil), ("a: 1.5, b: null", ["a": 1.5, "b": nil]),
            ("a: 01", ["a": "01"]), ("a: truely", ["a": "truely"]), ("a: -x", ["a": "-x"]),
            ("a: 1 // c", ["a": 1]), ("a: 1 / c", ["a": "1 / c"]), ("a: x # c", ["a": "x # c"]),
            ("{'a': 'it\\'s', \"b\": \"\\u0041\"}", ["a": "it's", "b": "A"]),
            ("{a: [1, 2,], b: {c: 3,},}", ["a": [1, 2], "b": ["c": 3]]),
            ("a: '''x'''", ["a": "x"]), ("a: ''", ["a": ""]),
            ("a: '''\n   one\n  two\n'''", ["a": "one\ntwo"]),
            ("[a\nb]\n]", ["a", "b]"]), ("a: x\r\nb: y\r\n", ["a": "x", "b": "y"]),
            ("{}", [:]), ("[]", []),
        ] as [(String, JSONValue?)])
    func `values are read`(text: String, expected: JSONValue?) throws {
        if let expected {
            #expect(try parse(text) == expected)
        } else {
            // The text without quotes takes the brace with it.
            #expect(throws: JSONSyntaxError.self) { try parse(text) }
        }
    }

    @Test(arguments: [
        "", "{", "a", "a:", "{a: }", "a: ]", "a: '''x", "a: 'x", "a: 'x\n'", "a: 1\na: 2", ": 1",
        "a: x\u{1}y", "{a: 1}}", "a: [1", "# only",
    ])
    func `what is not Hjson is refused`(text: String) {
        #expect(throws: JSONSyntaxError.self) { try parse(text) }
    }

    @Test func `other dialects stay strict`() {
        for text in ["{a: 1}", "{\"a\": x}", "{\"a\": 'x'}", "{\"a\": 1 \"b\": 2}", "\"a\": 1"] {
            #expect(throws: JSONSyntaxError.self) {
                try JSONValue(parsing: text, dialect: .relaxed)
            }
            #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) }
        }
    }

    @Test func `lines are counted behind texts of several lines`() throws {
        let value = try parse("a:\n'''\nx\ny\n'''\nb: 1\n")
        #expect(value.objectValue?.member("b")?.line == 6)
    }

    @Test func `deep nesting is refused and random bytes never crash`() {
        #expect(throws: JSONSyntaxError.self) {
            try parse(String(repeating: "[", count: 100_000))
        }
        #expect(throws: JSONSyntaxError.self) {
            try parse(String(repeating: "{a:", count: 100_000))
        }
        var state: UInt64 = 7
        for _ in 0..<3000 {
            let letters = Array("a:,[]{}\n \"'#/*1-t\\".utf8)
            let bytes = (0..<50).map { _ -> UInt8 in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return letters[Int(state >> 33) % letters.count]
            }
            _ = try? JSONValue(parsing: bytes, dialect: .hjson)  // Refusing is as good as reading.
        }
    }
}
