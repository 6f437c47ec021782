import Deflate
import Testing

@Suite("DEFLATE (RFC 1951)") struct DeflateTests {
    private static let text = Array(
        String(repeating: "{\"sub\":\"casuser\",\"iss\":\"https://sso.example.org\"}", count: 20)
            .utf8)

    @Test(arguments: [0, 1, 2, 511, 512, 513, 1000, 32768, 32769, 100_000])
    func `what is deflated inflates again`(count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0 / 7) }
        let packed = deflate(bytes)
        #expect(try inflate(packed, bytesMax: count) == bytes)
        if count > 0 {
            #expect(throws: DeflateError.tooLarge) { try inflate(packed, bytesMax: count - 1) }
        }
    }

    @Test func `nothing is two bytes`() throws {
        #expect(deflate([]) == [3, 0])
        #expect(try inflate([3, 0], bytesMax: 0) == [])
    }

    @Test func `repetition gets smaller`() {
        #expect(deflate(Self.text).count < Self.text.count / 8)
    }

    @Test func `a text of another program is read`() throws {
        // python3: zlib.compressobj(9, zlib.DEFLATED, -15)
        let packed: [UInt8] = [
            0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x57, 0xC8, 0x40, 0x27, 0x01,
        ]
        #expect(try inflate(packed, bytesMax: 64) == Array("hello hello hello hello".utf8))
    }

    @Test func `what is cut off, or followed by anything, is refused`() {
        let packed = deflate(Self.text)
        for count in 0..<packed.count {
            #expect(throws: DeflateError.malformed) {
                try inflate(Array(packed.prefix(count)), bytesMax: 4096)
            }
        }
        #expect(throws: DeflateError.malformed) { try inflate(packed + [0], bytesMax: 4096) }
        #expect(throws: DeflateError.malformed) { try inflate(packed + packed, bytesMax: 4096) }
    }

    @Test func `frames of zlib and gzip are refused`() {
        #expect(throws: DeflateError.malformed) {
            try inflate([0x78, 0x9C, 3, 0, 0, 0, 0, 1], bytesMax: 10)
        }
        #expect(throws: DeflateError.malformed) {
            try inflate([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0] + [0, 0, 0, 0], bytesMax: 10)
        }
    }

    @Test func `a bomb stops at the limit`() {
        // Blocks of 258 equal bytes in two bits: 64 MiB in 64 KiB.
        let bomb = deflate([UInt8](repeating: 0, count: 64 << 20))
        #expect(bomb.count < 70_000)
        let clock = ContinuousClock()
        let duration = clock.measure {
            #expect(throws: DeflateError.tooLarge) { try inflate(bomb, bytesMax: 64 << 10) }
        }
        #expect(duration < .milliseconds(100))
    }

    @Test func `noise never does more than fail`() {
        var state: UInt64 = 1
        for _ in 0..<5000 {
            let bytes = (0..<60).map { _ -> UInt8 in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 33)
            }
            if let content = try? inflate(bytes, bytesMax: 4096) {
                #expect(content.count <= 4096)
            }
        }
    }

    @Test func `absurd limits are refused`() {
        #expect(throws: DeflateError.tooLarge) { try inflate([3, 0], bytesMax: -1) }
        #expect(throws: DeflateError.tooLarge) { try inflate([3, 0], bytesMax: .max) }
    }
}
