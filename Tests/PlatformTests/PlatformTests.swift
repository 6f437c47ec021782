import Platform
import TestSupport
import Testing

@Suite("Instants") struct InstantTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1_714_550_139_123, "2024-05-01T07:55:39.123Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"), (4_102_444_800_000, "2100-01-01T00:00:00.000Z"),
        ] as [(Int64, String)])
    func `an instant is written in RFC 3339`(milliseconds: Int64, expected: String) {
        #expect(Instant(milliseconds: milliseconds).rfc3339 == expected)
    }

    @Test func `days and dates turn into each other`() {
        for days in stride(from: Int64(-800_000), through: 800_000, by: 97) {
            #expect(CivilDate(daysSinceEpoch: days).daysSinceEpoch == days)
        }
    }

    @Test(arguments: [Int64.min, .min + 1, .max]) func `the ends of the range do not trap`(
        milliseconds: Int64
    ) {
        let instant = Instant(milliseconds: milliseconds)
        _ = instant.rfc3339
        _ = instant + .seconds(Int64.max / 1000)
        _ = instant - .seconds(Int64.max / 1000)
        #expect(instant + .seconds(1) >= instant || milliseconds == .max)
    }
}

@Suite("Encodings") struct EncodingTests {
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ])
    func `Base64 follows the vectors of RFC 4648 §10`(plain: String, encoded: String) {
        #expect(base64(Array(plain.utf8)) == encoded)
        #expect(bytes(base64: encoded) == Array(plain.utf8))
    }

    @Test(arguments: ["Zg", "Zg=", "Zg===", "Zh==", "Z", "Zm9v\n", "Zm 9v", "=Zm9", "Zm9vYg==Zg=="])
    func `Base64 with a flaw is refused`(text: String) {
        #expect(bytes(base64: text) == nil)
    }

    @Test func `random bytes survive both alphabets and hexadecimal`() {
        var generator = SeededRandom(seed: 5)
        for count in 0..<200 {
            let original = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            #expect(bytes(base64: base64(original)) == original)
            #expect(bytes(base64: base64(original, .url), .url) == original)
            #expect(bytes(hexadecimal: hexadecimal(original)) == original)
        }
    }

    @Test(arguments: ["0", "0g", "abc"]) func `bad hexadecimal is refused`(text: String) {
        #expect(bytes(hexadecimal: text) == nil)
    }
}

@Suite("Files") struct FileTests {
    @Test func `a replaced file is whole and has its permissions`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("key")
        try File.replace(path, with: [1, 2, 3], permissions: 0o600)
        try File.replace(path, with: [4], permissions: 0o600)
        #expect(try File.read(path) == [4])
        #expect(File.permissions(path) == 0o600)
        #expect(try File.names(in: directory.path) == ["key"])
    }

    @Test func `a file over the limit is refused, at the limit it is read`() throws {
        let directory = try TemporaryDirectory()
        try File.replace(directory.file("a"), with: [UInt8](repeating: 1, count: 100))
        #expect(try File.read(directory.file("a"), limit: 100).count == 100)
        #expect(throws: FileError.self) { try File.read(directory.file("a"), limit: 99) }
    }

    @Test func `a missing file is an error that names it`() {
        #expect { try File.read("/nonexistent/file") } throws: {
            "\($0)".hasPrefix("/nonexistent/file: ")
        }
    }
}

@Suite("Lock") struct LockTests {
    @Test func `threads do not lose each other's changes`() {
        let counter = Lock(0)
        onThreads(8) { _ in
            for _ in 0..<10_000 { counter.withLock { $0 += 1 } }
        }
        #expect(counter.withLock { $0 } == 80_000)
    }
}
