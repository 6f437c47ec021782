internal import COpenSSL
internal import Platform

extension DERReader {
    /// An extension of a list or an entry; both have the same form.
    struct Extension {
        /// The content of the object identifier.
        let identifier: ArraySlice<UInt8>
        let isCritical: Bool
        let value: Element
    }

    /// Steps over a point in time as RFC 5280 §5.1.2.4 wants it: with seconds, in UTC.
    mutating func nextTime() throws(RevocationListError) -> Instant {
        let element = try next(tag == Self.utcTime ? Self.utcTime : Self.generalizedTime)
        let yearDigits = element.tag == Self.utcTime ? 2 : 4
        let text = bytes[element.content]
        guard text.count == yearDigits + 11, text.last == UInt8(ascii: "Z"),
            text.dropLast().allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { throw .malformed("time at byte \(element.range.lowerBound)") }
        var place = text.startIndex
        func number(_ digits: Int) -> Int64 {
            var value: Int64 = 0
            for _ in 0..<digits {
                value = value * 10 + Int64(text[place] - UInt8(ascii: "0"))
                place += 1
            }
            return value
        }
        var year = number(yearDigits)
        if yearDigits == 2 { year += year < 50 ? 2000 : 1900 }
        let (month, day) = (number(2), number(2))
        let (hour, minute, second) = (number(2), number(2), number(2))
        guard (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60
        else { throw .malformed("time at byte \(element.range.lowerBound)") }
        let date = CivilDate(year: year, month: month, day: day)
        let seconds = date.daysSinceEpoch * 86_400 + hour * 3600 + minute * 60 + second
        return Instant(milliseconds: seconds * 1000)
    }

    /// Steps over a number; its content in the shortest form.
    mutating func nextSerial() throws(RevocationListError) -> Range<Int> {
        let content = try next(Self.integer).content
        let first = content.lowerBound
        guard (1...SerialNumber.bytesMax).contains(content.count) else {
            throw .malformed("serial number of \(content.count) bytes at byte \(first)")
        }
        if content.count > 1,
            bytes[first] == 0
                ? bytes[first + 1] < 0x80
                : bytes[first] == 0xFF && bytes[first + 1] >= 0x80
        {
            throw .malformed("number with padding at byte \(first)")
        }
        return content
    }

    /// Steps over one extension.
    mutating func nextExtension() throws(RevocationListError) -> Extension {
        var inner = inside(try next(Self.sequence))
        let identifier = try inner.next(Self.identifier)
        var isCritical = false
        if let flag = try inner.nextIf(Self.boolean) {
            guard flag.content.count == 1 else { throw .malformed("critical flag of an extension") }
            isCritical = bytes[flag.content.lowerBound] != 0
        }
        let value = try inner.next(Self.octetString)
        try inner.finish()
        return Extension(
            identifier: bytes[identifier.content], isCritical: isCritical, value: value)
    }
}

/// The object identifier with dots whose DER has the given content.
func dottedIdentifier(content: ArraySlice<UInt8>) -> String {
    guard content.count < 0x80 else { return "of \(content.count) bytes" }
    let der = [UInt8(V_ASN1_OBJECT), UInt8(content.count)] + content
    let object = unsafe der.withUnsafeBufferPointer { buffer in
        var position = buffer.baseAddress
        return unsafe d2i_ASN1_OBJECT(nil, &position, buffer.count)
    }
    defer { unsafe ASN1_OBJECT_free(object) }
    return unsafe dottedIdentifier(object)
}
