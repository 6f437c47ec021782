import PCRE
import Testing

@Suite("Patterns") struct PatternTests {
    @Test func `a pattern matches the whole text or not at all`() throws {
        let pattern = try Pattern("https://app\\.example\\.org/.*")
        #expect(pattern.matchesWhole("https://app.example.org/a?b=c"))
        #expect(!pattern.matchesWhole("x https://app.example.org/a"))
        #expect(!pattern.matchesWhole("https://app.example.org"))
        #expect(!pattern.matchesWhole("https://app.example.org/a\nb"))
        #expect(!pattern.matchesWhole(""))
    }

    @Test func `a trailing newline is not the end of the text`() throws {
        #expect(!(try Pattern("^a$")).matchesWhole("a\n"))
        #expect((try Pattern("^a$")).matchesWhole("a"))
    }

    @Test func `an alternative that is too short does not hide a longer one`() throws {
        #expect(try Pattern("a|ab").matchesWhole("ab"))
        #expect(try !Pattern("a|ab").matchesWhole("abc"))
    }

    @Test func `a search finds a part`() throws {
        let pattern = try Pattern("b+")
        #expect(pattern.finds(in: "abbc"))
        #expect(!pattern.finds(in: "ac"))
        #expect(!pattern.matchesWhole("abbc"))
        #expect(try Pattern("").finds(in: ""))
    }

    @Test func `case counts unless it is told not to`() throws {
        #expect(try !Pattern("CN=Ärger").matchesWhole("cn=ärger"))
        #expect(try Pattern("CN=Ärger", caseInsensitive: true).matchesWhole("cn=ärger"))
    }

    @Test func `a dot stands for one character, not one byte`() throws {
        #expect(try Pattern("...").matchesWhole("äß€"))
        #expect(try !Pattern(".").matchesWhole("ab"))
    }

    @Test func `a back reference works`() throws {
        #expect(try Pattern("(.)(.)\\2\\1").matchesWhole("abba"))
    }

    @Test(arguments: [
        "^(a+)+$", "^(a|aa)+$", "^(a|a?)+$", "(.*)*(.*)*(.*)*x", "(?:a*)*b", "^((a+)*)*$",
        "(*NO_JIT)^(a+)+$", "(*NO_JIT)(.*)*(.*)*(.*)*x",
    ])
    func `hostile text ends quickly and does not match`(text: String) throws {
        let pattern = try Pattern(text)
        let hostile = String(repeating: "a", count: 4000) + "!"
        let clock = ContinuousClock()
        let time = clock.measure {
            #expect(!pattern.matchesWhole(hostile))
            #expect(!pattern.finds(in: hostile) || text.contains("(?:"))
        }
        #expect(time < .milliseconds(500), "\(text) took \(time)")
    }

    @Test func `giving up is told apart from not matching`() throws {
        let pattern = try Pattern("^(a+)+$")
        #expect(pattern.matchWhole(String(repeating: "a", count: 40) + "!") == .gaveUp)
        #expect(pattern.matchWhole("!") == .unmatched)
        #expect(pattern.matchWhole("aaaa") == .matched)
    }

    @Test func `a long honest text matches`() throws {
        let pattern = try Pattern("^https://([a-z0-9-]+\\.)+example\\.org(/.*)?$")
        let long = "https://" + String(repeating: "abc.", count: 900) + "example.org/x"
        #expect(pattern.matchesWhole(long))
        #expect(
            pattern.matchesWhole("https://a.example.org/" + String(repeating: "x", count: 60_000)))
    }

    @Test(arguments: ["(", "[a", "a{2,1}", "(?<n>a)(?<n>b)", "\\C", "*a", "(?P>missing)"])
    func `a broken pattern is refused with its place`(text: String) throws {
        let failure = try #require(throws: PatternError.self) { try Pattern(text) }
        #expect(!failure.reason.isEmpty)
        #expect(failure.offset <= text.utf8.count)
    }

    @Test func `a pattern of the longest size is read and one more byte is not`() throws {
        let longest = String(repeating: "a", count: Pattern.textBytesMax)
        #expect(try Pattern(longest).matchesWhole(longest))
        #expect(throws: PatternError.self) { try Pattern(longest + "a") }
    }

    @Test func `threads share a pattern`() async throws {
        let pattern = try Pattern("^(a+)+b$")
        let text = String(repeating: "a", count: 20) + "b"
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<500).allSatisfy { _ in pattern.matchesWhole(text) } }
            }
            for await isMatched in group { #expect(isMatched) }
        }
    }
}
