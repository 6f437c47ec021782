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
