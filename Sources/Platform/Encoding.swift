/// The bytes as lower-case hexadecimal digits.
package func hexadecimal(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count * 2)
    for byte in bytes {
        text.append(lowerCaseDigit(byte >> 4))
        text.append(lowerCaseDigit(byte & 15))
    }
    return String(decoding: text, as: UTF8.self)
}

private func lowerCaseDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
}

/// The bytes that hexadecimal digits of either case stand for, or `nil` for anything else.
package func bytes(hexadecimal text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var high: UInt8?
    for character in text.utf8 {
        guard let digit = hexadecimalDigit(character) else { return nil }
        if let first = high {
            bytes.append(first << 4 | digit)
            high = nil
        } else {
            high = digit
        }
    }
    return high == nil ? bytes : nil
}

/// The value of one hexadecimal digit in ASCII.
package func hexadecimalDigit(_ character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
    default: nil
    }
}

/// The two alphabets of RFC 4648.
package enum Base64Alphabet: Sendable {
    /// `+`, `/` and padding (§4).
    case standard
    /// `-`, `_` and no padding (§5).
    case url
}

/// The bytes in Base64 (RFC 4648).
package func base64(_ bytes: [UInt8], _ alphabet: Base64Alphabet = .standard) -> String {
    let digits = alphabet == .standard ? standardDigits : urlDigits
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    var index = 0
    while index < bytes.count {
        let count = min(3, bytes.count - index)
        var group = 0
        for offset in 0..<3 {
            group = group << 8 | (offset < count ? Int(bytes[index + offset]) : 0)
        }
        for digit in 0..<4 {
            if digit <= count {
                text.append(digits[group >> (18 - 6 * digit) & 63])
            } else if alphabet == .standard {
                text.append(UInt8(ascii: "="))
            }
        }
        index += 3
    }
    return String(decoding: text, as: UTF8.self)
}

/// The bytes of strict Base64 (RFC 4648): no blanks, no stray bits, padding as the alphabet says.
///
/// - Returns: `nil` for anything that ``base64(_:_:)`` would not write.
package func bytes(
    base64 text: String, _ alphabet: Base64Alphabet = .standard
)
    -> [UInt8]?
{
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count / 4 * 3 + 3)
    let values = alphabet == .standard ? standardValues : urlValues
    var group: UInt32 = 0
    var bits = 0
    var padding = 0
    var length = 0
    for character in text.utf8 {
        length += 1
        if character == UInt8(ascii: "="), alphabet == .standard {
            padding += 1
            continue
        }
        let digit = values[Int(character)]
        guard padding == 0, digit < 64 else { return nil }
        group = (group << 6 | UInt32(digit)) & 0xFFFFFF
        bits += 6
        if bits >= 8 {
            bits -= 8
            bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
        }
    }
    guard bits < 6, group & ((1 << UInt32(bits)) - 1) == 0 else { return nil }
    guard alphabet == .url || (length % 4 == 0 && padding <= 2 && padding == bits / 2) else {
        return nil
    }
    return bytes
}

private let alphanumerics = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
private let standardDigits = Array((alphanumerics + "+/").utf8)
private let urlDigits = Array((alphanumerics + "-_").utf8)
private let standardValues = base64Values(standardDigits)
private let urlValues = base64Values(urlDigits)

/// For each byte the value of that digit, or 255.
private func base64Values(_ digits: [UInt8]) -> [UInt8] {
    var values = [UInt8](repeating: 255, count: 256)
    for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
    return values
}
