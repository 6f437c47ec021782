/// Whether both hold the same bytes; takes longer the later they differ.
package func isEqual(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    for index in left.indices where left[index] != right[index] { return false }
    return true
}

/// Whether the bytes end with those of the text; takes longer the more there is in common.
package func hasSuffix(_ bytes: Span<UInt8>, _ suffix: String) -> Bool {
    let utf8 = suffix.utf8
    guard bytes.count >= utf8.count else { return false }
    return isEqual(bytes.extracting(last: utf8.count), utf8.span)
}

/// Where the needle is first in the bytes; `nil` if it is nowhere, or empty.
///
/// The standard library's search for any collection costs a hundred times as much.
package func firstRange(of needle: [UInt8], in bytes: ArraySlice<UInt8>) -> Range<Int>? {
    guard let first = needle.first, bytes.count >= needle.count else { return nil }
    for start in bytes.startIndex...(bytes.endIndex - needle.count) where bytes[start] == first {
        var length = 1
        while length < needle.count, bytes[start + length] == needle[length] { length += 1 }
        if length == needle.count { return start..<(start + length) }
    }
    return nil
}
