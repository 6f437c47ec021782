import Testing
import YAML

@Suite("YAML") struct YAMLNodeTests {
    private func parse(_ text: String) throws -> YAMLNode? {
        try YAMLNode.parse(Array(text.utf8))
    }

    @Test func `mappings, lists and values are read with their lines`() throws {
        let node = try parse("a: 1\nb:\n  - x\n  - \"y\"\nc: { d: null }\n")
        let expected = YAMLNode.mapping(
            [
                YAMLMember(key: "a", value: .scalar("1", isPlain: true, line: 1), line: 1),
                YAMLMember(
                    key: "b",
                    value: .sequence(
                        [
                            .scalar("x", isPlain: true, line: 3),
                            .scalar("y", isPlain: false, line: 4),
                        ], line: 3), line: 2),
                YAMLMember(
                    key: "c",
                    value: .mapping(
                        [
                            YAMLMember(
                                key: "d", value: .scalar("null", isPlain: true, line: 5), line: 5)
                        ],
                        line: 5), line: 5),
            ], line: 1)
        #expect(node == expected)
    }

    @Test func `JSON is read as well`() throws {
        #expect(try parse(#"{"a": ["b", true]}"#) != nil)
    }

    @Test(arguments: ["", "# nothing\n", "---\n"]) func `an empty document is nothing`(
        text: String
    ) throws {
        #expect(try parse(text) == nil)
    }

    @Test(arguments: [
        ("a: 1\na: 2\n", 2), ("a: &x 1\nb: *x\n", 1), ("a: !!str 1\n", 1), ("a: [1\n", 2),
        ("a: 1\n---\nb: 2\n", 2), ("\ta: 1\n", 1), ("[a]: 1\n", 1),
    ])
    func `what is not wanted is refused with its line`(text: String, line: Int) {
        #expect { try parse(text) } throws: { ($0 as? YAMLError)?.line == line }
    }

    @Test func `tags become members where they are wanted`() throws {
        let text = "--- !<a.B>\nx: !<c.D> {}\nl: !<java.util.ArrayList> [1]\n"
        let node = try YAMLNode.parse(Array(text.utf8), tagKey: "@class")
        let expected = YAMLNode.mapping(
            [
                YAMLMember(
                    key: "@class", value: .scalar("a.B", isPlain: false, line: 1), line: 1),
                YAMLMember(
                    key: "x",
                    value: .mapping(
                        [
                            YAMLMember(
                                key: "@class", value: .scalar("c.D", isPlain: false, line: 2),
                                line: 2)
                        ], line: 2), line: 2),
                YAMLMember(
                    key: "l", value: .sequence([.scalar("1", isPlain: true, line: 3)], line: 3),
                    line: 3),
            ], line: 1)
        #expect(node == expected)
    }

    @Test(arguments: ["a: !<x> 1", "a: !<x> [1]", "--- !<x>\n\"@class\": y", "--- !<x>"])
    func `tags elsewhere are refused all the same`(text: String) {
        #expect(throws: YAMLError.self) {
            try YAMLNode.parse(Array(text.utf8), tagKey: "@class")
        }
    }

    @Test func `deep nesting is refused`() {
        let text = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
        #expect(throws: YAMLError.self) { try parse(text) }
    }

    @Test func `random bytes never crash the parser`() {
        var state: UInt64 = 42
        for _ in 0..<2000 {
            let bytes = (0..<60).map { _ -> UInt8 in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let letters = Array("a:-[]{}\n \"'&*!#,\u{FF}".utf8)
                return letters[Int(state >> 33) % letters.count]
            }
            _ = try? YAMLNode.parse(bytes)  // Refusing is as good as reading.
        }
    }
}
