import OpenSSL
import Platform
import TestSupport
import Testing

@Suite("RFC 5280 §5.1 the form of revocation lists") struct RevocationListFormTests {
    private let root: TestCA
    private let signers: [X509Certificate]

    init() throws {
        root = try TestCA()
        signers = [try X509Certificate(root.certificate)]
    }

    private func list(_ made: TestList) throws -> RevocationList {
        try RevocationList(made.bytes, signers: signers)
    }

    private func entry(_ serial: [UInt8], _ rest: [UInt8] = []) -> [UInt8] {
        sequence(der(2, serial), noon, rest)
    }

    private func serial(_ content: [UInt8]) throws -> SerialNumber {
        let issued = try root.issue(
            "/CN=a", wish: .init(serial: content[0] >= 0x80 ? "-0x1" : "0x\(hexadecimal(content))"))
        return try X509Certificate(issued.certificate).serialNumber
    }

    @Test func `version 1 and a list without a next update are read`() throws {
        let one = try list(TestList(root, version: [], entries: entry([5])))
        #expect(one.count == 1)
        #expect(one.nextUpdate != nil)
        let endless = try list(TestList(root, times: noon))
        #expect(endless.nextUpdate == nil)
        #expect(endless.thisUpdate.rfc3339 == "2026-06-26T12:00:00.000Z")
        #expect(endless.count == 0)
        let general = der(0x18, Array("20991231235959Z".utf8))
        #expect(
            try list(TestList(root, times: noon + general)).nextUpdate?.rfc3339
                == "2099-12-31T23:59:59.000Z")
    }

    @Test func `numbers of all lengths and signs are found`() throws {
        let long = [UInt8](repeating: 0x7F, count: 40)
        let numbers: [[UInt8]] = [
            [0], [1], [0x7F], [0, 0x80], [0xFF], [0x80], [1, 2, 3, 4, 5, 6, 7, 8],
            [1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 4, 5, 6, 7, 8, 8], long, Array(long.dropLast()),
        ]
        let found = try list(TestList(root, entries: numbers.flatMap { entry($0) }))
        #expect(found.count == numbers.count)
        for number in [[1], [0x7F], [0xFF], [0, 0x80], [1, 2, 3, 4, 5, 6, 7, 8, 8], long] {
            #expect(found.entry(for: try serial(number)) != nil, "\(number)")
        }
        #expect(found.entry(for: try serial([2])) == nil)
        #expect(found.entry(for: try serial([1, 2, 3, 4, 5, 6, 7, 8, 7])) == nil)
    }

    @Test func `reasons are kept, and what leaves the list is not revoked`() throws {
        func reason(_ code: UInt8) -> [UInt8] { sequence(ext(idCE(21), [10, 1, code])) }
        var entries: [UInt8] = []
        for code in 0..<UInt8(12) { entries += entry([code + 1], reason(code)) }
        // A second entry for one number is one too many, and harmless.
        entries += entry([1], reason(1))
        let found = try list(TestList(root, entries: entries))
        #expect(found.count == 11)
        for code in 0..<UInt8(12) {
            let entry = found.entry(for: try serial([code + 1]))
            if code == 8 {
                #expect(entry == nil)
            } else {
                #expect(entry != nil)
                if code > 0 { #expect(entry?.reason == RevocationReason(rawValue: code)) }
            }
        }
        #expect(found.entry(for: try serial([7]))?.reason == .certificateHold)
    }

    @Test func `extensions of entries are known, or not critical`() throws {
        let date = der(0x18, Array("20260626120000Z".utf8))
        let known = sequence(
            ext(idCE(24), date), ext(idCE(23), der(6, [0x2A, 3])), ext([0x2A, 3], [5, 0]))
        #expect(try list(TestList(root, entries: entry([1], known))).count == 1)
        let faults: [([UInt8], RevocationListError)] = [
            (ext([0x2A, 3, 4], critical: true, [5, 0]), .criticalExtension("1.2.3.4")),
            (ext(idCE(29), critical: true, [0x30, 0]), .indirect),
            (ext(idCE(29), [0x30, 0]), .indirect),
        ]
        for (fault, error) in faults {
            #expect(throws: error) {
                try list(TestList(root, entries: entry([1], sequence(fault))))
            }
        }
    }

    @Test func `a list that breaks the form is refused`() throws {
        let number = ext(idCE(20), [2, 1, 7])
        let late = der(0x17, Array("260625120000Z".utf8))
        let other = sequence(der(6, [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x03]))
        func time(_ text: String, _ tag: UInt8 = 0x17) -> [UInt8] { der(tag, Array(text.utf8)) }
        let noReason = sequence(ext(idCE(21), [2, 1, 1]))
        let faults: [TestList] = [
            try TestList(root, version: [2, 1, 2]), try TestList(root, version: [2, 1, 0]),
            try TestList(root, times: noon + late), try TestList(root, times: []),
            try TestList(root, times: noon + nextNoon + nextNoon),
            try TestList(root, times: time("2606261200Z")),
            try TestList(root, times: time("260626120000+0100")),
            try TestList(root, times: time("261326120000Z")),
            try TestList(root, times: time("260600120000Z")),
            try TestList(root, times: time("260626240000Z")),
            try TestList(root, times: time("20260626120000.5Z", 0x18)),
            try TestList(root, inner: other),
            try TestList(root, entries: sequence(der(2, [1]))),
            try TestList(root, entries: entry([])), try TestList(root, entries: entry([0, 1])),
            try TestList(root, entries: entry([0xFF, 0xFF])),
            try TestList(root, entries: entry([UInt8](repeating: 1, count: 41))),
            try TestList(root, entries: entry([1], noReason)),
            try TestList(root, entries: entry([1], [5, 0])),
            try TestList(root, entries: entry([1], [0x30, 0x80, 0, 0])),
            try TestList(root, version: [], entries: entry([1], sequence(number))),
            try TestList(root, version: [], extensions: number),
            try TestList(root, extensions: number + number),
            try TestList(root, extensions: ext(idCE(28), [0x30, 1])),
            try TestList(
                root, extensions: ext(idCE(28), sequence([0x81, 1, 0xFF, 0x82, 1, 0xFF]))),
            try TestList(root, extensions: ext(idCE(20), [4, 1, 7])),
        ]
        for (place, fault) in faults.enumerated() {
            do throws(RevocationListError) {
                _ = try RevocationList(fault.bytes, signers: signers)
                Issue.record("fault \(place) is read")
            } catch {
                guard case .malformed = error else {
                    Issue.record("fault \(place): \(error)")
                    continue
                }
            }
        }
        #expect(try list(TestList(root, extensions: number)).number == "07")
    }

    @Test func `a list cut short anywhere is refused`() throws {
        let bytes = try root.revocationList([.init("01", reason: "superseded"), .init("02")])
        for count in 0..<bytes.count {
            #expect(throws: RevocationListError.self) {
                try RevocationList(Array(bytes.prefix(count)), signers: signers)
            }
        }
        #expect(throws: RevocationListError.self) {
            try RevocationList(bytes + [0], signers: signers)
        }
    }
}
