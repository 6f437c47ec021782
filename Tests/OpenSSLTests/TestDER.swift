/// One element of DER; for lists that `openssl ca` does not make.
func der(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
    let count = content.count
    if count < 0x80 { return [tag, UInt8(count)] + content }
    let bytes = (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) }.drop { $0 == 0 }
    return [tag, 0x80 | UInt8(bytes.count)] + bytes + content
}

func sequence(_ parts: [UInt8]...) -> [UInt8] { der(0x30, parts.flatMap { $0 }) }

/// 26 June 2026 at noon, in the form of years before 2050.
let noon = der(0x17, Array("260626120000Z".utf8))
/// A day later.
let nextNoon = der(0x17, Array("260627120000Z".utf8))

/// An extension; the identifier is the content only.
func ext(_ identifier: [UInt8], critical: Bool = false, _ value: [UInt8]) -> [UInt8] {
    sequence(der(6, identifier), critical ? [1, 1, 0xFF] : [], der(4, value))
}

/// The identifier 2.5.29.x, its content only.
func idCE(_ number: UInt8) -> [UInt8] { [0x55, 0x1D, number] }
