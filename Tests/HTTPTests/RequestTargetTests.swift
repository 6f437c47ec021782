import HTTP
import Testing

@Suite("Request targets") struct RequestTargetTests {
    @Test func `a path and a query are split at the first question mark`() {
        let target = RequestTarget("/cas/login?service=a?b")
        #expect(target?.path == "/cas/login")
        #expect(target?.query == "service=a?b")
    }

    @Test func `a path without a query has none`() {
        #expect(RequestTarget("/cas/login")?.query == nil)
    }

    @Test(arguments: [
        "", "cas/login", "//cas/login", "/cas//login", "/cas/../v1/tickets", "/cas/./login", "/..",
        "/cas/%2e%2e/v1", "/cas%2Flogin", "/cas%2flogin", "/cas%5clogin", "/cas\\login", "/cas/%00",
        "/cas/%0a", "/cas/%zz", "/cas/%4", "/cas/\u{E9}", "/cas/lo gin", "/cas/\u{7F}",
        "https://host/cas/login", "/cas/login?a=\u{1}",
    ])
    func `a path with more than one reading is refused`(text: String) {
        #expect(RequestTarget(text) == nil)
    }

    @Test(arguments: ["/", "/cas", "/cas/", "/cas/v1/tickets/TGT-1.a", "/cas/%C3%A9", "/a?b=%00"])
    func `a plain path is taken as it is`(text: String) {
        #expect(RequestTarget(text) != nil)
    }

    @Test func `random bytes never crash the reader`() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<5000 {
            let count = Int.random(in: 0...40, using: &generator)
            let bytes = (0..<count).map { _ in
                [UInt8(ascii: "/"), 0x25, 0x2E, 0x3F, .random(in: 0...255, using: &generator)]
                    .randomElement(using: &generator) ?? 0
            }
            let text = String(decoding: bytes, as: UTF8.self)
            if let target = RequestTarget(text) {
                #expect(!target.path.contains("//"))
                #expect(target.path.utf8.allSatisfy { (0x21...0x7E).contains($0) })
            }
        }
    }
}

/// Numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
