import CASProtocol
internal import PCRE
import Testing

@testable import Services

@Suite("Service registry") struct ServiceRegistryTests {
    private func service(
        _ id: Int64, _ pattern: String, name: String = "x", order: Int64 = 0
    ) throws -> RegisteredService {
        try RegisteredService(id: id, name: name, serviceId: pattern, evaluationOrder: order)
    }

    private func match(_ url: String, _ services: [RegisteredService]) throws -> Int64? {
        ServiceRegistry(services).match(try ServiceURL(url))?.id
    }

    @Test func `the whole address must match`() throws {
        let app = try service(1, #"https://app\.example\.org"#)
        #expect(try match("https://app.example.org", [app]) == 1)
        #expect(try match("https://app.example.org.evil.net/", [app]) == nil)
        #expect(try match("http://x/?https://app.example.org", [app]) == nil)
        #expect(try match("https://app.example.org/", []) == nil)
        let alternatives = try service(2, #"^https://a/|https://b/$"#)
        #expect(try match("https://b/", [alternatives]) == 2)
        #expect(try match("https://a/x", [alternatives]) == nil)
    }

    @Test func `order is evaluation order, name, pattern, id`() throws {
        let first = try service(9, "^https://a/.*", name: "z", order: -1)
        let byName = try service(8, "^https://a/.*", name: "Alpha")
        let byPattern = try service(7, "^https://a/", name: "beta")
        let last = try service(6, "^https://a/.*", name: "BETA")
        let lastById = try service(10, "^https://a/.*", name: "beta")
        let registry = ServiceRegistry([lastById, last, byPattern, byName, first])
        #expect(registry.services.map(\.id) == [9, 8, 7, 6, 10])
        #expect(registry.match(try ServiceURL("https://a/"))?.id == 9)
        #expect(registry.service(id: 7)?.name == "beta")
        #expect(registry.service(id: 77) == nil)
    }

    @Test func `scheme and host are matched without regard to case, the path with`() throws {
        let app = try service(1, #"^HTTPS://App\.Example\.org/Path/.*"#)
        #expect(try match("https://APP.example.ORG/Path/", [app]) == 1)
        #expect(try match("https://app.example.org/path/", [app]) == nil)
        let insensitive = try service(2, #"(?i)^https://App\.example\.org/Path"#)
        #expect(try match("https://app.example.org/pAtH", [insensitive]) == 2)
    }

    @Test func `a jsessionid and a fragment are part of what is matched`() throws {
        let app = try service(1, "https://a/x")
        #expect(try match("https://a/x;jsessionid=1", [app]) == nil)
        #expect(try match("https://a/x#f", [app]) == nil)
    }

    @Test func `a pattern that takes too long ends the search`() throws {
        let hostile = try service(1, "^https://a/(x+x+)+$", order: 0)
        let wide = try service(2, "^https://a/.*", order: 1)
        let registry = ServiceRegistry([hostile, wide])
        let url = try ServiceURL("https://a/" + String(repeating: "x", count: 60) + "!")
        guard case .gaveUp(let service) = registry.lookUp(url) else {
            Issue.record("the search went on")
            return
        }
        #expect(service.id == 1)
        #expect(registry.match(url) == nil)
        #expect(registry.match(try ServiceURL("https://a/xxxx"))?.id == 1)
        #expect(registry.match(try ServiceURL("https://a/y"))?.id == 2)
    }

    @Test(
        arguments: [
            (#"^https://app\.example\.org/.*"#, ["https://app.example.org/"]),
            (#"https://a/b\-c\/d"#, ["https://a/b-c/d"]),
            (#"^https?://a/.*"#, ["https://a/", "http://a/"]),
            (#"^https??://a/"#, ["https://a/", "http://a/"]),
            (#"^(https|imaps)://.*"#, ["https://", "imaps://"]),
            (
                #"^(?:https|http)://(a|b)\.c/x(/.*)?$"#,
                [
                    "https://a.c/x/", "https://a.c/x", "https://b.c/x/", "https://b.c/x",
                    "http://a.c/x/", "http://a.c/x", "http://b.c/x/", "http://b.c/x",
                ]
            ),
            ("^a+b", ["a"]), ("^ab*c", ["a"]), ("^ab{2}c", ["a"]), ("^ab{", ["a"]), ("a.b", ["a"]),
            ("a[bc]d|ef", ["a", "ef"]), ("a|", ["a", ""]), ("a(b|c)+d", ["ab", "ac"]),
            ("a(bc)*d", ["a"]), ("a(b|c){2}", ["a"]), (#"a\d"#, ["a"]), (#"a\.?b"#, ["a.b", "ab"]),
            ("a(?!b).*", ["a"]), ("a(?=b)", ["a"]), ("a.*(b|c)", ["a"]), ("a.*|b", ["a", "b"]),
            ("a[^/|]*|b", ["a", "b"]), (#"a.\||b"#, ["a", "b"]),
            ("(?i)abc", [""]), ("a.(?#|)b", [""]), (#"\Qa|b\E"#, [""]), ("a[]|]b", [""]),
            ("a[[:alpha:]|]b", [""]), ("(*UTF)a", [""]), ("a$b", ["a"]), ("a b", ["a"]),
            ("é?x", [""]),
            ("a(?x) b # |", ["a"]), ("", [""]), ("^", [""]), ("(a", [""]), ("a)", [""]),
            ("a(b(c|d)|e)f", ["abcf", "abdf", "aef"]), ("a((((((((((b))))))))))", [""]),
        ] as [(String, [String])])
    func `the texts that every match starts with`(pattern: String, texts: [String]) {
        let found = PatternPrefixes(pattern).texts.map { String(decoding: $0, as: UTF8.self) }
        let isOneOfSeveral = pattern.contains("(?x)")
        // Flags change what follows, so nothing may be known at all.
        #expect(Set(found) == Set(isOneOfSeveral ? [""] : texts))
    }

    @Test func `too many texts end where they are still few`() {
        let pattern = "(a|b|c|d)(a|b|c|d)(a|b|c|d)"
        let texts = PatternPrefixes(pattern).texts
        #expect(texts.count == 16 && texts.allSatisfy { $0.count == 2 })
    }

    @Test(arguments: 1...30 as ClosedRange<UInt64>)
    func `the index answers as a search through all does`(seed: UInt64) throws {
        var random = Seeded(state: seed)
        let services = (0..<Int.random(in: 1...60, using: &random)).compactMap { number in
            try? service(
                Int64(number), randomPattern(&random),
                name: ["a", "B", "c"].randomElement(using: &random) ?? "",
                order: Int64.random(in: 0...3, using: &random))
        }
        let registry = ServiceRegistry(services)
        let ordered = services.sorted { $0.precedes($1) }
        var matches = 0
        for _ in 0..<200 {
            let url = try ServiceURL(randomURL(&random))
            let expected = ordered.first { $0.matches(url.patternText) }
            #expect(registry.match(url)?.id == expected?.id, "\(url.text)")
            if expected != nil { matches += 1 }
        }
        #expect(services.count < 10 || matches > 0)
    }

    private func randomPattern(_ random: inout Seeded) -> String {
        let heads = [
            "^https://", "https?://", "^(https|http)://", "^(?:https?|imaps?)://", "", ".*",
            "(?i)^HTTPS://",
            "^https:\\/\\/", "^h(t|x)tps?://", "^http(s)?://", "http.://", "^https+://",
            "^https{1}://",
        ]
        let pieces = [
            "a", "b", "\\.", ".", "ab", "a?", "b*", "(a|b)", "(ab)?", "[ab]", "\\w", "/", "/.*",
            "(/.*)?",
            "a+", "x{2}", "|", "(?:a|bb|)", "A", "$", "(?!b)", "\\/", "-", "\\-", "b{0}", "(a|b)*",
            "^",
        ]
        let tail = (0..<Int.random(in: 0...6, using: &random)).map { _ in
            pieces.randomElement(using: &random) ?? ""
        }
        return (heads.randomElement(using: &random) ?? "") + tail.joined()
    }

    private func randomURL(_ random: inout Seeded) -> String {
        let pieces = ["a", "b", ".a", "ab", "/", "/a", "-", "A", "x", "bb", "xx", "/b/a"]
        let tail = (0..<Int.random(in: 0...4, using: &random)).map { _ in
            pieces.randomElement(using: &random) ?? ""
        }
        return (Bool.random(using: &random) ? "https://a" : "http://b") + tail.joined()
    }
}

/// A small generator that gives the same numbers for the same seed (SplitMix64).
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
