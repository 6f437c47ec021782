import PCRE
import Testing

@Suite("The first group of a pattern") struct PatternGroupTests {
    @Test(arguments: [
        ("(\\w+)@", "alice@x", GroupMatch.found("alice")), ("\\w+", "--bob--", .found("bob")),
        ("(a)(b)", "xab", .found("a")), ("x(y)?", "x", .found("")), ("()a", "a", .found("")),
        ("(?<name>é+)", "caféé", .found("éé")), ("a", "b", .unmatched), ("", "b", .found("")),
        ("a?", "", .found("")), ("(a+)+$", String(repeating: "a", count: 60) + "!", .gaveUp),
    ])
    func `is what the search takes`(pattern: String, text: String, result: GroupMatch) throws {
        #expect(try Pattern(pattern).findGroup(in: text) == result)
    }
}
