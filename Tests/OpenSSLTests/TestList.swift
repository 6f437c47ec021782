import OpenSSL
import Platform
import TestSupport

/// A revocation list that is put together by hand and signed with an authority's key (P-256).
struct TestList {
    let bytes: [UInt8]

    private static let algorithm = sequence(
        der(6, [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02]))

    /// - Parameters:
    ///   - issuer: ``issuer(of:)``, for tests that need it often.
    ///   - entries: The entries one after the other; no sequence at all if `nil`.
    ///   - extensions: The extensions one after the other; none if `nil`.
    init(
        _ authority: TestCA, issuer: [UInt8]? = nil, version: [UInt8] = [2, 1, 1],
        times: [UInt8] = noon + nextNoon,
        entries: [UInt8]? = nil, extensions: [UInt8]? = nil, inner: [UInt8]? = nil
    ) throws {
        let issuer = try issuer ?? Self.issuer(of: authority)
        let body = sequence(
            version, inner ?? Self.algorithm, issuer, times, entries.map { der(0x30, $0) } ?? [],
            extensions.map { der(0xA0, der(0x30, $0)) } ?? [])
        let signature = try authority.signature(of: body)
        bytes = sequence(body, Self.algorithm, der(3, [0] + signature))
    }

    /// The subject of the authority as it is in a list of its own.
    static func issuer(of authority: TestCA) throws -> [UInt8] {
        issuer(try authority.revocationList())
    }

    /// The name in a small list made by OpenSSL: behind two headers, the version and an algorithm.
    private static func issuer(_ list: [UInt8]) -> [UInt8] {
        func length(_ index: Int) -> (header: Int, content: Int) {
            let first = Int(list[index + 1])
            guard first >= 0x80 else { return (2, first) }
            let count = first & 0x7F
            return (
                2 + count, list[(index + 2)..<(index + 2 + count)].reduce(0) { $0 << 8 | Int($1) }
            )
        }
        var index = length(0).header
        index += length(index).header
        for _ in 0..<2 { index += length(index).header + length(index).content }
        return Array(list[index..<(index + length(index).header + length(index).content)])
    }
}
