internal import COpenSSL
internal import Platform

/// What a revocation list says, before its signature is checked (RFC 5280 §5.1).
struct RevocationListContent {
    /// The part that is signed.
    let signed: Range<Int>
    let algorithm: Range<Int>
    let signature: Range<Int>
    let issuer: Range<Int>
    let thisUpdate: Instant
    let nextUpdate: Instant?
    private(set) var number: String?
    /// What the list calls its issuer's key.
    private(set) var keyIdentifier: [UInt8]?
    private(set) var scope = RevocationList.Scope()
    /// Where the entries are.
    private let entries: DERReader?
    private let hasEntryExtensions: Bool

    /// Reads everything but the entries.
    init(_ der: [UInt8]) throws(RevocationListError) {
        var outer = DERReader(der)
        var list = outer.inside(try outer.next(DERReader.sequence))
        try outer.finish()
        let body = try list.next(DERReader.sequence)
        signed = body.range
        algorithm = try list.next(DERReader.sequence).range
        signature = try list.next(DERReader.bitString).range
        try list.finish()

        var inner = list.inside(body)
        let version = try inner.nextIf(DERReader.integer)
        if let version, Array(der[version.content]) != [1] { throw .malformed("version") }
        let inside = try inner.next(DERReader.sequence).range
        guard der[inside] == der[algorithm] else {
            throw .malformed("two different signature algorithms")
        }
        issuer = try inner.next(DERReader.sequence).range
        thisUpdate = try inner.nextTime()
        let isTime = inner.tag == DERReader.utcTime || inner.tag == DERReader.generalizedTime
        nextUpdate = isTime ? try inner.nextTime() : nil
        if let nextUpdate, nextUpdate < thisUpdate {
            throw .malformed("the next update is before this one")
        }
        entries = try inner.nextIf(DERReader.sequence).map { inner.inside($0) }
        hasEntryExtensions = version != nil
        let extensions = try inner.nextIf(Self.explicitExtensions)
        try inner.finish()
        guard let extensions else { return }
        guard version != nil else { throw .malformed("extensions in version 1") }
        try readExtensions(inner.inside(extensions))
    }

    private static let explicitExtensions: UInt8 = 0xA0

    /// The last byte of the object identifiers 2.5.29.x.
    private static func known(_ identifier: ArraySlice<UInt8>) -> UInt8? {
        identifier.count == 3 && identifier.starts(with: [0x55, 0x1D]) ? identifier.last : nil
    }

    private mutating func readExtensions(_ outer: DERReader) throws(RevocationListError) {
        var outer = outer
        var reader = outer.inside(try outer.next(DERReader.sequence))
        try outer.finish()
        var seen: Set<ArraySlice<UInt8>> = []
        while !reader.isAtEnd {
            let found = try reader.nextExtension()
            guard seen.insert(found.identifier).inserted else {
                throw .malformed("an extension is there twice")
            }
            var value = reader.inside(found.value)
            switch Self.known(found.identifier) {
            case 20:
                number =
                    SerialNumber(content: Array(reader.bytes[try value.nextSerial()]))?
                    .hexadecimal
            case 27: throw .delta
            case 28:
                scope = try scope(Array(reader.bytes[found.value.content]), in: reader.bytes)
            case 35:
                var names = value.inside(try value.next(DERReader.sequence))
                keyIdentifier = try names.nextIf(0x80).map { Array(reader.bytes[$0.content]) }
            case 18, 46:
                // Other names of the issuer, and where delta lists are: nothing to keep.
                break
            default:
                guard !found.isCritical else {
                    throw .criticalExtension(dottedIdentifier(content: found.identifier))
                }
            }
        }
    }

    /// Reads the issuing distribution point (RFC 5280 §5.2.5).
    private func scope(
        _ der: [UInt8], in list: [UInt8]
    ) throws(RevocationListError) -> RevocationList.Scope {
        let (point, isWhole) = unsafe der.withUnsafeBufferPointer { buffer in
            var position = buffer.baseAddress
            let point = unsafe d2i_ISSUING_DIST_POINT(nil, &position, buffer.count)
            let end = unsafe buffer.baseAddress.map { unsafe $0 + buffer.count }
            return unsafe (point, position == end)
        }
        defer { unsafe ISSUING_DIST_POINT_free(point) }
        guard let point = unsafe point, isWhole else {
            throw .malformed("issuingDistributionPoint")
        }
        guard unsafe point.pointee.indirectCRL <= 0 else { throw .indirect }
        var scope = RevocationList.Scope()
        scope.onlyUserCertificates = unsafe point.pointee.onlyuser > 0
        scope.onlyAuthorities = unsafe point.pointee.onlyCA > 0
        scope.onlyAttributeCertificates = unsafe point.pointee.onlyattr > 0
        scope.onlySomeReasons = unsafe point.pointee.onlysomereasons != nil
        let limits = [
            scope.onlyUserCertificates, scope.onlyAuthorities, scope.onlyAttributeCertificates,
        ]
        guard limits.count(where: { $0 }) <= 1 else {
            throw .malformed("issuingDistributionPoint")
        }
        if let name = unsafe point.pointee.distpoint {
            scope.points = try unsafe points(name, issuer: Array(list[issuer]))
        }
        return scope
    }

    /// The names of the part that the list is.
    @unsafe
    private func points(
        _ point: UnsafeMutablePointer<DIST_POINT_NAME>, issuer: [UInt8]
    ) throws(RevocationListError) -> DistributionPoints {
        let name = unsafe parsedName(issuer)
        defer { unsafe X509_NAME_free(name) }
        var points = DistributionPoints()
        do throws(CertificateError) {
            try unsafe points.add(point, issuer: name)
        } catch {
            throw .malformed("issuingDistributionPoint")
        }
        return points
    }

    /// Reads the entries; those that are no revocation are left out.
    func serials(in der: [UInt8]) throws(RevocationListError) -> RevokedSerials {
        guard var reader = entries else { return RevokedSerials() }
        var drafts: [RevokedSerials.Draft] = []
        while !reader.isAtEnd {
            var entry = reader.inside(try reader.next(DERReader.sequence))
            let serial = try entry.nextSerial()
            let revokedAt = try entry.nextTime()
            var reason = RevokedSerials.noReason
            if !entry.isAtEnd {
                guard hasEntryExtensions else { throw .malformed("extensions in version 1") }
                var extensions = entry.inside(try entry.next(DERReader.sequence))
                try entry.finish()
                while !extensions.isAtEnd {
                    try Self.read(try extensions.nextExtension(), of: extensions, to: &reason)
                }
            }
            guard reason != RevocationReason.removeFromCRL else { continue }
            drafts.append(.init(serial, in: der, revokedAt: revokedAt, reason: reason))
        }
        return RevokedSerials(drafts, in: der)
    }

    /// Reads one extension of an entry (RFC 5280 §5.3).
    private static func read(
        _ found: DERReader.Extension, of reader: DERReader, to reason: inout UInt8
    ) throws(RevocationListError) {
        switch known(found.identifier) {
        case 21:
            var value = reader.inside(found.value)
            let code = try value.next(DERReader.enumerated).content
            try value.finish()
            guard code.count == 1 else { throw .malformed("reason at byte \(code.lowerBound)") }
            reason = reader.bytes[code.lowerBound]
        case 23, 24:
            // What to do while on hold, and since when the key may be stolen: nothing to keep.
            break
        case 29: throw .indirect
        default:
            guard !found.isCritical else {
                throw .criticalExtension(dottedIdentifier(content: found.identifier))
            }
        }
    }
}
