/// The parts of a hash in its text form, and the bounds on what may be asked for.
struct HashParts {
    let scheme: PasswordScheme
    let cost: String
    let digestStart: Int

    static let prefixes: [(prefix: String, scheme: PasswordScheme)] = [
        ("$y$", .yescrypt), ("$argon2id$", .argon2id), ("$2b$", .bcrypt), ("$2a$", .bcrypt),
        ("$2y$", .bcrypt), ("$6$", .sha512crypt), ("$5$", .sha256crypt),
    ]

    private static let textBytesMax = 300

    init(_ text: String) throws(PasswordHashError) {
        guard let scheme = PasswordHash.scheme(of: text) else { throw .unknownScheme }
        guard text.utf8.count <= Self.textBytesMax, text.utf8.allSatisfy({ 0x21...0x7E ~= $0 })
        else { throw .malformed(scheme) }
        let fields = text.split(separator: "$", omittingEmptySubsequences: false).dropFirst()
            .map(String.init)
        let digest: String
        switch scheme {
        case .yescrypt: (cost, digest) = try Self.yescrypt(fields)
        case .argon2id: (cost, digest) = try Self.argon2id(fields)
        case .bcrypt: (cost, digest) = try Self.bcrypt(fields)
        case .sha512crypt: (cost, digest) = try Self.shaCrypt(fields, .sha512crypt, digits: 86)
        case .sha256crypt: (cost, digest) = try Self.shaCrypt(fields, .sha256crypt, digits: 43)
        }
        self.scheme = scheme
        digestStart = text.utf8.count - digest.utf8.count
    }

    /// `y $ flavour, log2 N - 1, r - 1 $ salt $ digest`, the parameters one digit each.
    ///
    /// Parameters of more digits mean more than a gigabyte or ROM files; both are refused.
    private static func yescrypt(
        _ fields: [String]
    ) throws(PasswordHashError) -> (cost: String, digest: String) {
        guard fields.count == 4, isCryptText(fields[1]), isCryptText(fields[2]),
            !fields[2].isEmpty, fields[3].utf8.count == 43, isCryptText(fields[3])
        else { throw .malformed(.yescrypt) }
        let values = fields[1].utf8.compactMap { digits.firstIndex(of: $0) }
        guard values.count == 3, values.allSatisfy({ $0 < 48 }) else {
            throw .malformed(.yescrypt)
        }
        let (logN, r) = (values[1] + 1, values[2] + 1)
        guard logN <= 21, 128 * (1 << logN) * r <= 256 << 20 else {
            throw .tooExpensive(.yescrypt, limit: "256 MiB")
        }
        return ("$y$\(fields[1])", fields[3])
    }

    /// `2b $ cost $ 22 digits of salt and 31 of digest`.
    private static func bcrypt(
        _ fields: [String]
    ) throws(PasswordHashError) -> (cost: String, digest: String) {
        guard fields.count == 3, fields[1].utf8.count == 2,
            fields[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let cost = Int(fields[1]),
            cost >= 4,
            fields[2].utf8.count == 53, isCryptText(fields[2])
        else { throw .malformed(.bcrypt) }
        guard cost <= 14 else { throw .tooExpensive(.bcrypt, limit: "2^14 rounds") }
        return ("$\(fields[0])$\(fields[1])", String(fields[2].suffix(31)))
    }

    /// `6 $ [rounds=N $] salt $ digest`.
    private static func shaCrypt(
        _ fields: [String], _ scheme: PasswordScheme, digits: Int
    ) throws(PasswordHashError) -> (cost: String, digest: String) {
        var fields = fields
        var cost = "$\(fields[0])"
        if fields.count == 4, fields[1].hasPrefix("rounds=") {
            guard let rounds = number(fields[1].dropFirst(7)), rounds >= 1000 else {
                throw .malformed(scheme)
            }
            guard rounds <= 1_000_000 else {
                throw .tooExpensive(scheme, limit: "1,000,000 rounds")
            }
            cost += "$\(fields.remove(at: 1))"
        }
        guard fields.count == 3, fields[1].utf8.count <= 16, fields[2].utf8.count == digits,
            isCryptText(fields[2])
        else { throw .malformed(scheme) }
        return (cost, fields[2])
    }

    /// `argon2id $ v=19 $ m=KiB,t=passes,p=lanes $ salt $ digest`.
    private static func argon2id(
        _ fields: [String]
    ) throws(PasswordHashError) -> (cost: String, digest: String) {
        guard fields.count == 5, fields[1] == "v=19" else { throw .malformed(.argon2id) }
        let parameters = fields[2].split(separator: ",", omittingEmptySubsequences: false)
        guard parameters.count == 3, parameters[0].hasPrefix("m="), parameters[1].hasPrefix("t="),
            parameters[2].hasPrefix("p="), let memory = number(parameters[0].dropFirst(2)),
            let passes = number(parameters[1].dropFirst(2)),
            let lanes = number(parameters[2].dropFirst(2)), memory >= 8 * lanes, passes >= 1,
            lanes >= 1, (11...86).contains(fields[3].utf8.count),
            (22...86).contains(fields[4].utf8.count), isBase64Text(fields[3]),
            isBase64Text(fields[4])
        else { throw .malformed(.argon2id) }
        guard memory <= 256 << 10, passes <= 16, memory * passes <= 1 << 20, lanes <= 8 else {
            throw .tooExpensive(
                .argon2id, limit: "256 MiB, 16 passes, 1 GiB in all passes or 8 lanes")
        }
        return ("$argon2id$\(fields[1])$\(fields[2])", fields[4])
    }

    /// A decimal number without sign or leading zero.
    private static func number(_ text: Substring) -> Int? {
        guard (1...9).contains(text.utf8.count), text.utf8.first != UInt8(ascii: "0"),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int(text)
    }

    /// The digits of crypt(5), by value.
    private static let digits = Array(
        "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    private static func isCryptText(_ text: String) -> Bool {
        text.utf8.allSatisfy(digits.contains)
    }

    private static func isBase64Text(_ text: String) -> Bool {
        text.utf8.allSatisfy {
            $0 != UInt8(ascii: ".") && ($0 == UInt8(ascii: "+") || digits.contains($0))
        }
    }
}
