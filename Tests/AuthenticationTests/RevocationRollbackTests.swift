import OpenSSL
import Platform
import TestSupport
import Testing

@testable import Authentication

@Suite("Revocations are not taken back") struct RevocationRollbackTests {
    private let servers = ListServers()
    private let root: TestCA
    private let url = "http://ca.example.org/root.crl"

    init() throws {
        root = try TestCA("/CN=Root")
    }

    private func alice() throws -> [X509Certificate] {
        try root.path(serial: "0A", adding: ["crlDistributionPoints = URI:\(url)"])
    }

    private func times(_ age: Int, _ life: Int = 10 * 86_400) -> ClosedRange<Instant> {
        (servers.now - .seconds(age))...(servers.now - .seconds(age) + .seconds(life))
    }

    @Test func `a list without an end is believed for a day after it came, a file for ever`() throws
    {
        let list = try endless(root.revocationList(validity: times(3600)), of: root)
        servers.put(url, list)
        let folder = try TemporaryDirectory()
        try File.replace(folder.file("ca.crl"), with: list)
        let fetched = try servers.checker(RevocationRules(.crl), [root])
        var tolerant = RevocationRules(.crl)
        tolerant.expired = .allow
        let tolerated = try servers.checker(tolerant, [root])
        let files = try servers.checker(
            RevocationRules(.files, files: [folder.file("ca.crl")]), [root])
        let path = try alice()
        for checker in [fetched, tolerated, files] {
            #expect(checker.check(path, at: servers.now).statements() == [.good])
        }
        servers.fail(url, "status 503")
        servers.pass(.seconds(86_400))
        #expect(fetched.check(path, at: servers.now).statements() == [.good])
        servers.pass(.seconds(1))
        #expect(fetched.check(path, at: servers.now).statements() == [.expired])
        #expect(tolerated.check(path, at: servers.now).statements() == [.tolerated])
        #expect(files.check(path, at: servers.now).statements() == [.good])
        // The same one that comes again is the server's present word.
        servers.put(url, list)
        servers.pass(.seconds(900))
        _ = fetched.refresh(at: servers.now)
        #expect(fetched.check(path, at: servers.now).statements() == [.good])
    }

    @Test func `a list of another scope under the same address leaves the first one in force`()
        throws
    {
        servers.put(url, try root.revocationList([.init("0a")], validity: times(3600)))
        let checker = try servers.checker(RevocationRules(.crl), [root])
        let path = try alice()
        #expect(!checker.check(path, at: servers.now).isAcceptable)
        func part(_ age: Int) throws -> [UInt8] {
            try root.revocationList(
                validity: times(age),
                extensions: ["issuingDistributionPoint = critical,@idp"],
                sections: "[idp]\nfullname = URI:\(url)")
        }
        let old = try part(1000)
        servers.put(url, try part(60))
        servers.pass(.seconds(3601))
        _ = checker.refresh(at: servers.now)
        let finding = checker.check(path, at: servers.now)
        #expect(finding.statements().count == 2)
        #expect(finding.statements().last == .good)
        #expect(!finding.isAcceptable)
        #expect(checker.facts(at: servers.now).count == 2)
        // Each scope has an age of its own.
        servers.put(url, old)
        servers.pass(.seconds(3601))
        _ = checker.refresh(at: servers.now)
        #expect(checker.facts(at: servers.now).first?.failure?.contains("older than") == true)
    }

    @Test func `a fetched list of the future replaces none that is valid, and blocks none`() throws
    {
        let future = try root.revocationList(validity: times(-2 * 86_400))
        let path = try alice()
        for (first, second) in [
            (try root.revocationList([.init("0a")], validity: times(3600)), future),
            (future, try root.revocationList([.init("0a")], validity: times(3600))),
        ] {
            let servers = ListServers()
            servers.put(url, first)
            let checker = try servers.checker(RevocationRules(.crl), [root])
            #expect(!checker.check(path, at: servers.now).isAcceptable)
            servers.put(url, second)
            servers.pass(.seconds(3601))
            _ = checker.refresh(at: servers.now)
            let refusal = checker.check(path, at: servers.now).refusal ?? "accepted"
            #expect(refusal.hasPrefix("revoked"), "\(refusal)")
        }
    }

    @Test func `a file of the future replaces none that is valid, and blocks none`() throws {
        let folder = try TemporaryDirectory()
        let file = folder.file("ca.crl")
        let path = try alice()
        let present = try root.revocationList([.init("0a")], validity: times(3600))
        let future = try root.revocationList(validity: times(-86_400))
        try File.replace(file, with: present)
        let checker = try servers.checker(RevocationRules(.files, files: [file]), [root])
        try File.replace(file, with: future)
        #expect(checker.refresh(at: servers.now).first?.contains("not valid yet") == true)
        #expect(checker.check(path, at: servers.now).refusal?.hasPrefix("revoked") == true)
        // When its time has come it is taken.
        servers.pass(.seconds(86_400))
        _ = checker.refresh(at: servers.now)
        #expect(checker.check(path, at: servers.now).isAcceptable)

        let other = ListServers()
        try File.replace(file, with: future)
        let second = try other.checker(RevocationRules(.files, files: [file]), [root])
        #expect(
            second.check(path, at: other.now).statements() == [.unusable("it is not valid yet")])
        try File.replace(file, with: present)
        _ = second.refresh(at: other.now)
        #expect(second.check(path, at: other.now).refusal?.hasPrefix("revoked") == true)
    }
}

/// The same list without the time of the next one, signed anew.
private func endless(_ list: [UInt8], of authority: TestCA) throws -> [UInt8] {
    let outer = elements(try #require(elements(list[...]).first).content)
    try #require(outer.count == 3)
    // Version, algorithm, issuer, this update, next update.
    var inner = elements(outer[0].content).map(\.whole)
    inner.remove(at: 4)
    let content = element(0x30, inner.flatMap(Array.init))
    let signature = element(0x03, [0] + (try authority.signature(of: content)))
    return element(0x30, content + Array(outer[1].whole) + signature)
}

/// The DER elements that stand in the bytes one after another.
private func elements(
    _ bytes: ArraySlice<UInt8>
) -> [(whole: ArraySlice<UInt8>, content: ArraySlice<UInt8>)] {
    var found: [(whole: ArraySlice<UInt8>, content: ArraySlice<UInt8>)] = []
    var rest = bytes
    while rest.count >= 2 {
        let first = Int(rest[rest.startIndex + 1])
        let digits = first < 0x80 ? 0 : first - 0x80
        let start = rest.startIndex + 2 + digits
        let length =
            digits == 0
            ? first : rest[rest.startIndex + 2..<start].reduce(0) { $0 << 8 | Int($1) }
        found.append((rest[rest.startIndex..<start + length], rest[start..<start + length]))
        rest = rest[(start + length)...]
    }
    return found
}

private func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
    let count = content.count
    if count < 0x80 { return [tag, UInt8(count)] + content }
    if count < 0x100 { return [tag, 0x81, UInt8(count)] + content }
    return [tag, 0x82, UInt8(count >> 8), UInt8(count & 0xFF)] + content
}
