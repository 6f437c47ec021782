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
    String(decoding: base64Characters(bytes, alphabet), as: UTF8.self)
}

/// The bytes in Base64 (RFC 4648), as ASCII.
package func base64Characters(_ bytes: [UInt8], _ alphabet: Base64Alphabet) -> [UInt8] {
    let digits = alphabet == .standard ? standardDigits : urlDigits
    return unsafe [UInt8](unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4) {
        text, length in
        unsafe digits.withUnsafeBufferPointer { digits in
            unsafe bytes.withUnsafeBufferPointer { bytes in
                unsafe length = write(
                    bytes, to: text, digits: digits, isPadded: alphabet == .standard)
            }
        }
    }
}

/// Writes Base64 to a place that is large enough.
///
/// - Returns: How many characters.
@unsafe
private func write(
    _ bytes: UnsafeBufferPointer<UInt8>, to text: UnsafeMutableBufferPointer<UInt8>,
    digits: UnsafeBufferPointer<UInt8>, isPadded: Bool
) -> Int {
    var index = 0
    var length = 0
    while index + 2 < bytes.count {
        let group =
            unsafe Int(bytes[index]) << 16 | Int(bytes[index + 1]) << 8
            | Int(bytes[index + 2])
        unsafe text[length] = digits[group >> 18]
        unsafe text[length + 1] = digits[group >> 12 & 63]
        unsafe text[length + 2] = digits[group >> 6 & 63]
        unsafe text[length + 3] = digits[group & 63]
        index += 3
        length += 4
    }
    let rest = bytes.count - index
    guard rest > 0 else { return length }
    let group = unsafe Int(bytes[index]) << 16 | (rest == 2 ? Int(bytes[index + 1]) << 8 : 0)
    for digit in 0..<(isPadded ? 4 : rest + 1) {
        unsafe text[length] =
            digit <= rest ? digits[group >> (18 - 6 * digit) & 63] : UInt8(ascii: "=")
        length += 1
    }
    return length
}

/// The bytes of strict Base64 (RFC 4648): no blanks, no stray bits, padding as the alphabet says.
///
/// - Returns: `nil` for anything that ``base64(_:_:)`` would not write.
package func bytes(base64 text: String, _ alphabet: Base64Alphabet = .standard) -> [UInt8]? {
    bytes(base64: Array(text.utf8)[...], alphabet)
}

/// The bytes of strict Base64 (RFC 4648) in ASCII; see ``bytes(base64:_:)-(String,_)``.
package func bytes(base64 text: ArraySlice<UInt8>, _ alphabet: Base64Alphabet) -> [UInt8]? {
    var digits = text
    if alphabet == .standard {
        guard text.count % 4 == 0 else { return nil }
        for _ in 0..<2 where digits.last == UInt8(ascii: "=") { digits.removeLast() }
    }
    let rest = digits.count % 4
    guard rest != 1 else { return nil }
    let values = alphabet == .standard ? standardValues : urlValues
    var isValid = true
    let decoded = unsafe [UInt8](unsafeUninitializedCapacity: digits.count / 4 * 3 + 3) {
        bytes, length in
        unsafe digits.withUnsafeBufferPointer { digits in
            unsafe values.withUnsafeBufferPointer { values in
                var group: UInt32 = 0
                var faults: UInt8 = 0
                var index = 0
                // Of the last characters fewer bits are left than bytes have, which must be 0.
                while index < digits.count {
                    let value = unsafe values[Int(digits[index])]
                    faults |= value
                    group = group << 6 | UInt32(value & 63)
                    index += 1
                    guard index % 4 == 0 else { continue }
                    unsafe bytes[length] = UInt8(truncatingIfNeeded: group >> 16)
                    unsafe bytes[length + 1] = UInt8(truncatingIfNeeded: group >> 8)
                    unsafe bytes[length + 2] = UInt8(truncatingIfNeeded: group)
                    length += 3
                }
                if rest == 2 {
                    unsafe bytes[length] = UInt8(truncatingIfNeeded: group >> 4)
                    length += 1
                } else if rest == 3 {
                    unsafe bytes[length] = UInt8(truncatingIfNeeded: group >> 10)
                    unsafe bytes[length + 1] = UInt8(truncatingIfNeeded: group >> 2)
                    length += 2
                }
                let stray = rest == 2 ? group & 15 : rest == 3 ? group & 3 : 0
                isValid = faults < 64 && stray == 0
            }
        }
    }
    return isValid ? decoded : nil
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
