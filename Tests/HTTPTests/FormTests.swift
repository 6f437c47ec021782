import HTTP
import Testing

@Suite("Forms") struct FormTests {
    private func value(_ text: String, _ name: String) throws -> String? {
        try Form(text).single(name)
    }

    @Test func `plus is a space and percent is decoded`() throws {
        #expect(try value("a=b+c%20d%2Be", "a") == "b c d+e")
    }

    @Test func `lower-case percent encoding is read`() throws {
        #expect(try value("service=https%3a%2f%2fapp", "service") == "https://app")
    }

    @Test func `a stray percent sign stands for itself`() throws {
        #expect(try value("a=100%&b=%4&c=%zz", "a") == "100%")
        #expect(try value("a=100%&b=%4&c=%zz", "b") == "%4")
        #expect(try value("a=100%&b=%4&c=%zz", "c") == "%zz")
    }

    @Test func `an unencoded address is read up to its ampersand`() throws {
        #expect(
            try value("service=https://app/a?b=c&d=e", "service") == "https://app/a?b=c")
    }

    @Test func `a name without a value is empty but there`() throws {
        let form = try Form("url&b=")
        #expect(form.contains("url"))
        #expect(try form.single("url") == "")
        #expect(try form.nonEmpty("b") == nil)
    }

    @Test func `a repeated field is refused when it is asked for`() throws {
        let form = try Form("a=1&a=2")
        #expect(throws: Form.Fault.repeated("a")) { try form.single("a") }
    }

    @Test(arguments: ["a=%ff", "a=%c3", "%ff=a", "a=%00", "a=%ED%A0%80"])
    func `a value that is not text is refused`(text: String) {
        #expect(throws: Form.Fault.notUTF8) { try Form(text) }
    }

    @Test func `as many fields as allowed are read, and one more is refused`() throws {
        let fields = { (count: Int) in (0..<count).map { "a\($0)=b" }.joined(separator: "&") }
        #expect(try Form(fields(10), limit: 10).fields.count == 10)
        #expect(throws: Form.Fault.tooManyFields) { try Form(fields(11), limit: 10) }
    }

    @Test func `what is encoded is decoded again`() throws {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<500 {
            let scalars = (0..<Int.random(in: 1...20, using: &generator)).compactMap { _ in
                Unicode.Scalar(UInt32.random(in: 1...0x2FFF, using: &generator))
            }
            let text = String(String.UnicodeScalarView(scalars))
            #expect(try value("a=" + percentEncoded(text), "a") == text)
        }
    }

    @Test func `random bytes never crash the reader`() {
        var generator = SeededGenerator(seed: 9)
        for _ in 0..<5000 {
            let bytes = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
                [0x25, 0x26, 0x3D, 0x2B, UInt8.random(in: 0...255, using: &generator)]
                    .randomElement(using: &generator) ?? 0
            }
            _ = try? Form(bytes)  // Refusing is as good as reading; only a crash would be wrong.
        }
    }
}
