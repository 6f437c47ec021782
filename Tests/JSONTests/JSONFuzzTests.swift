import Testing

@testable import JSON

/// A small generator that gives the same numbers for the same seed (SplitMix64).
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

@Suite("JSON, seeded random") struct JSONFuzzTests {
    private func randomText(_ random: inout Seeded) -> String {
        let scalars: [ClosedRange<UInt32>] = [
            0...0x1F, 0x20...0x7E, 0x80...0x7FF, 0x2020...0x2030, 0x1F600...0x1F640,
        ]
        return String(
            String.UnicodeScalarView(
                (0..<Int.random(in: 0...8, using: &random)).compactMap { _ in
                    let range = scalars[Int.random(in: 0..<scalars.count, using: &random)]
                    return Unicode.Scalar(UInt32.random(in: range, using: &random))
                }))
    }

    private func randomValue(_ random: inout Seeded, depth: Int) -> JSONValue {
        switch Int.random(in: 0...(depth > 0 ? 7 : 5), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return .integer(Int64(bitPattern: random.next()))
        case 3:
            let value = Double(bitPattern: random.next())
            return .number(value.isFinite ? value : 0.5)
        case 4, 5: return .string(randomText(&random))
        case 6:
            return .array(
                (0..<Int.random(in: 0...4, using: &random)).map { _ in
                    randomValue(&random, depth: depth - 1)
                })
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                object[randomText(&random)] = randomValue(&random, depth: depth - 1)
            }
            return .object(object)
        }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `what is written is read back`(seed: UInt64) throws {
        var random = Seeded(state: seed)
        for _ in 0..<100 {
            let value = randomValue(&random, depth: 4)
            #expect(try JSONValue(parsing: value.text()) == value)
            #expect(try JSONValue(parsing: value.text(indented: true)) == value)
            #expect(try JSONValue(parsing: value.text(), dialect: .relaxed) == value)
        }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `no bytes make the parser crash`(seed: UInt64) {
        var random = Seeded(state: seed)
        let alphabet = Array(#"{}[]:,"\/*#u0123dD8eE+-.tfn \#n'a\#u{e9}"#.utf8) + [0xFF, 0x00]
        for round in 0..<400 {
            var bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
            }
            if round % 2 == 0 {
                bytes = Array(randomValue(&random, depth: 3).text(indented: true).utf8)
                for _ in 0..<3 where !bytes.isEmpty {
                    let place = Int.random(in: 0..<bytes.count, using: &random)
                    bytes[place] = alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
                }
                bytes.removeLast(Int.random(in: 0...min(3, bytes.count), using: &random))
            }
            for dialect in [JSONDialect.strict, .relaxed] {
                do {
                    let value = try JSONValue(parsing: bytes, dialect: dialect)
                    #expect(try JSONValue(parsing: value.text()) == value)
                } catch {
                    #expect(error.line >= 1 && error.column >= 1)
                }
            }
        }
    }
}
