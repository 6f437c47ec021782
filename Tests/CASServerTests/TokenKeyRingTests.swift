import JOSE
import Platform
import TestSupport
import Testing

@testable import CASServer

@Suite("Which token keys there are") struct TokenKeyRingTests {
    private static func entry(_ number: Int, _ algorithm: String = "HS512") -> TokenKeyRing.Entry {
        TokenKeyRing.Entry(
            id: "00000000000000" + (number < 10 ? "0" : "") + String(number), algorithm: algorithm,
            made: Instant(milliseconds: 1_700_000_000_000))
    }

    private static func ids(_ keys: TokenKeyRing.Succession) -> [Int] {
        keys.all.compactMap { Int($0.id) }
    }

    private let start = Instant(milliseconds: 1_700_000_000_000)
    private var keys = TokenKeyRing.Succession(current: entry(1), next: entry(2))

    @Test mutating func `a rotation moves every key on by one`() {
        keys.rotate(next: Self.entry(3), at: start)
        #expect(Self.ids(keys) == [2, 3, 1])
        #expect(keys.current.retired == nil && keys.previous.first?.retired == start)
        keys.rotate(next: Self.entry(4), at: start + .seconds(1))
        #expect(Self.ids(keys) == [3, 4, 2, 1])
    }

    @Test mutating func `a rotation is undone, and done again with the same key`() {
        keys.rotate(next: Self.entry(3), at: start)
        let isBack = keys.goBack(at: start + .seconds(5))
        #expect(isBack)
        #expect(Self.ids(keys) == [1, 2])
        #expect(keys.current.retired == nil && keys.next.retired == start + .seconds(5))
        keys.rotate(next: Self.entry(4), at: start + .seconds(9))
        #expect(Self.ids(keys) == [2, 4, 1])
        let isBackAgain = keys.goBack(at: start)
        let isBackTwice = keys.goBack(at: start)
        #expect(isBackAgain && !isBackTwice)
    }

    @Test mutating func `a next key that has made tokens is kept when another takes its place`() {
        keys.replaceNext(by: Self.entry(3))
        #expect(Self.ids(keys) == [1, 3])
        keys.rotate(next: Self.entry(4), at: start)
        _ = keys.goBack(at: start)
        keys.replaceNext(by: Self.entry(5))
        #expect(Self.ids(keys) == [1, 5, 3])
    }

    @Test mutating func `other keys take over, and the current one goes on being accepted`() {
        keys.replace(by: Self.entry(7, "ES256"), next: Self.entry(8, "ES256"), at: start)
        #expect(Self.ids(keys) == [7, 8, 1])
        #expect(keys.previous.first?.algorithm == "HS512")
    }

    @Test mutating func `previous keys are dropped behind the longest life, not before`() {
        keys.rotate(next: Self.entry(3), at: start)
        keys.dropExpired(longestLife: .seconds(100), at: start + .seconds(100))
        #expect(Self.ids(keys) == [2, 3, 1])
        keys.dropExpired(longestLife: .seconds(100), at: start + .seconds(101))
        #expect(Self.ids(keys) == [2, 3])
    }

    @Test mutating func `the file is read as it was written`() throws {
        keys.rotate(next: Self.entry(3), at: start)
        var ring = TokenKeyRing()
        ring.signing = keys
        #expect(try TokenKeyRing(parsing: Array(ring.text.utf8)) == ring)
        ring.encryption = .init(
            current: Self.entry(11, "A256CBC-HS512"), next: Self.entry(12, "A128CBC-HS256"))
        #expect(try TokenKeyRing(parsing: Array(ring.text.utf8)) == ring)
        #expect(try TokenKeyRing(parsing: Array(TokenKeyRing().text.utf8)) == TokenKeyRing())
    }

    @Test(arguments: [
        ("", "damaged"), ("[]", "not the list of keys"), ("{}", "not the list of keys"),
        (#"{"format": 2}"#, "another release"), (#"{"format": 1, "signing": 5}"#, "no keys"),
        (#"{"format": 1, "signing": {"previous": []}}"#, "lacks something"),
    ])
    func `a damaged file is told apart`(text: String, reason: String) {
        let fault = #expect(throws: TokenKeyFault.self) {
            try TokenKeyRing(parsing: Array(text.utf8))
        }
        #expect(fault?.reason.contains(reason) == true)
    }

    @Test(arguments: [
        ("0000000000000001", "../../../etc/pass", "no identifier"),
        ("HS512", "HS999", "algorithm"), ("HS512", "A256GCM", "algorithm"),
        ("\"2023-11-14T22:13:20Z\"", "5", "lacks something"),
        ("\"retired\" : \"2023-11-14T22:13:20Z\"", "\"retired\" : \"soon\"", "no time"),
        ("0000000000000003", "0000000000000002", "twice"),
    ])
    mutating func `a damaged key is told apart`(part: String, other: String, reason: String) {
        keys.rotate(next: Self.entry(3), at: start)
        var ring = TokenKeyRing()
        ring.signing = keys
        #expect(ring.text.contains(part))
        let text = ring.text.replacing(part, with: other)
        let fault = #expect(throws: TokenKeyFault.self) {
            try TokenKeyRing(parsing: Array(text.utf8))
        }
        #expect(
            fault?.reason.contains(reason) == true, "\(fault.map(String.init(describing:)) ?? "")")
    }

    @Test func `every mutation of the file is read or refused`() throws {
        var ring = TokenKeyRing()
        ring.signing = keys
        ring.encryption = .init(
            current: Self.entry(11, "A256CBC-HS512"), next: Self.entry(12, "A128CBC-HS256"))
        let text = Array(ring.text.utf8)
        var random = SeededRandom(seed: 11)
        for _ in 0..<2000 {
            var bytes = text
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
                in: 0...255, using: &random)
            // Losing the error is right: reading must not crash, whatever it says.
            guard let read = try? TokenKeyRing(parsing: bytes) else { continue }
            #expect(read.entries.allSatisfy { $0.id.utf8.count == 16 })
        }
    }
}
