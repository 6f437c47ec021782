import Glibc
import OpenSSL
import Platform
import TestSupport
import Testing

@testable import Authentication

@Suite("Revocation lists in files") struct RevocationFilesTests {
    private let servers = ListServers()
    private let folder: TemporaryDirectory
    private let root: TestCA

    init() throws {
        folder = try TemporaryDirectory()
        root = try TestCA("/CN=Root")
    }

    private var list: String { folder.file("ca.crl") }

    private func write(_ name: String, _ content: [UInt8]) throws {
        try File.replace(folder.file(name), with: content)
    }

    private func times(_ age: Int, _ life: Int = 86_400) -> ClosedRange<Instant> {
        (servers.now - .seconds(age))...(servers.now - .seconds(age) + .seconds(life))
    }

    @Test func `a listed certificate is revoked, another one is good`() throws {
        let alice = try root.path("/CN=alice", serial: "0A")
        let bob = try root.path("/CN=bob", serial: "0B")
        try write(
            "ca.crl", try root.revocationList([.init("0a", reason: "keyCompromise")], number: "07"))
        let checker = try servers.checker(RevocationRules(.files, files: [list]), [root])
        let finding = checker.check(alice, at: servers.now)
        #expect(!finding.isAcceptable)
        #expect(
            finding.refusal
                == "revoked at 2023-11-14T22:13:20.000Z (keyCompromise): CN=alice, "
                + "serial number 0a")
        let step = try #require(finding.certificates.first?.steps.first)
        #expect(step.place == list)
        #expect(step.number == "07")
        #expect(step.count == 1)
        #expect(checker.check(bob, at: servers.now).verdict == .good)
        #expect(servers.requests.isEmpty)
    }

    @Test func `files and folders, PEM and DER, several lists in one and several of one`() throws {
        let other = try TestCA("/CN=Other")
        let third = try TestCA("/CN=Third")
        try File.makeDirectory(folder.file("lists"))
        try write("lists/a.der", try root.revocationList([.init("0a")]))
        try write(
            "lists/b.pem",
            pem(try other.revocationList([.init("0b")]))
                + pem(try third.revocationList([.init("0c")])))
        try write("lists/.hidden", Array("x".utf8))
        try write("lists/old~", Array("x".utf8))
        try write("more.crl", try root.revocationList([.init("0d")]))
        let checker = try servers.checker(
            RevocationRules(.files, files: [folder.file("lists"), folder.file("more.crl")]),
            [root, other, third])
        #expect(checker.facts(at: servers.now).count == 4)
        #expect(checker.facts(at: servers.now).allSatisfy { $0.failure == nil })
        for (authority, serial, isGood) in [
            (root, "0A", false), (other, "0B", false), (third, "0C", false), (root, "0D", false),
            (root, "0B", true), (other, "0A", true),
        ] {
            let path = try authority.path("/CN=x", serial: serial)
            #expect(checker.check(path, at: servers.now).isAcceptable == isGood, "\(serial)")
        }
    }

    @Test func `a changed file is in force after the next refresh`() throws {
        let alice = try root.path(serial: "0A")
        try write("ca.crl", try root.revocationList(validity: times(7200)))
        let checker = try servers.checker(RevocationRules(.files, files: [list]), [root])
        #expect(checker.check(alice, at: servers.now).isAcceptable)
        #expect(checker.refresh(at: servers.now).isEmpty)
        try write("ca.crl", try root.revocationList([.init("0a")], validity: times(3600)))
        #expect(
            checker.refresh(at: servers.now) == ["\(list): read, 1 in force, 1 revoked"])
        #expect(!checker.check(alice, at: servers.now).isAcceptable)
        #expect(checker.refresh(at: servers.now).isEmpty)
    }

    @Test(arguments: [[UInt8]("not a list".utf8), [], [0x30, 0x82, 0xFF, 0xFF, 0x00]])
    func `a broken replacement leaves the list before in force and is reported`(
        broken: [UInt8]
    ) throws {
        let alice = try root.path(serial: "0A")
        try write("ca.crl", try root.revocationList([.init("0a")]))
        let checker = try servers.checker(RevocationRules(.files, files: [list]), [root])
        try write("ca.crl", broken)
        let news = checker.refresh(at: servers.now)
        #expect(news.first?.hasSuffix("; 1 in force") == true)
        #expect(!checker.check(alice, at: servers.now).isAcceptable)
        let facts = try #require(checker.facts(at: servers.now).first)
        #expect(facts.failure != nil)
        #expect(facts.failureCount == 1)
        #expect(facts.count == 1)
        // The operator is told once, not each minute.
        servers.pass(.seconds(61))
        #expect(checker.refresh(at: servers.now).isEmpty)
        #expect(checker.facts(at: servers.now).first?.failureCount == 2)
        try write("ca.crl", try root.revocationList(validity: times(10)))
        _ = checker.refresh(at: servers.now)
        #expect(checker.check(alice, at: servers.now).isAcceptable)
        #expect(checker.facts(at: servers.now).first?.failure == nil)
    }

    @Test func `a wrongly signed replacement changes nothing`() throws {
        let impostor = try TestCA("/CN=Root")
        let alice = try root.path(serial: "0A")
        try write("ca.crl", try root.revocationList([.init("0a")]))
        let checker = try servers.checker(RevocationRules(.files, files: [list]), [root])
        try write("ca.crl", try impostor.revocationList(validity: times(5)))
        let news = checker.refresh(at: servers.now)
        #expect(news.count == 1)
        #expect(news.first?.contains("; 1 in force") == true)
        #expect(!checker.check(alice, at: servers.now).isAcceptable)
    }

    @Test func `an older list that comes back changes nothing`() throws {
        let alice = try root.path(serial: "0A")
        let old = try root.revocationList(validity: times(7200))
        try write("ca.crl", try root.revocationList([.init("0a")], validity: times(3600)))
        let checker = try servers.checker(RevocationRules(.files, files: [list]), [root])
        try write("ca.crl", old)
        #expect(checker.refresh(at: servers.now).first?.contains("older than") == true)
        #expect(!checker.check(alice, at: servers.now).isAcceptable)
    }

    @Test func `the good lists of a bundle are taken, the broken one keeps its predecessor`() throws
    {
        let other = try TestCA("/CN=Other")
        try write(
            "ca.crl",
            pem(try root.revocationList([.init("0a")], validity: times(7200)))
                + pem(try other.revocationList(validity: times(7200))))
        let checker = try servers.checker(RevocationRules(.files, files: [list]), [root, other])
        var broken = try root.revocationList(validity: times(3600))
        broken[broken.count - 1] ^= 1
        try write(
            "ca.crl",
            pem(broken) + pem(try other.revocationList([.init("0b")], validity: times(3600))))
        _ = checker.refresh(at: servers.now)
        let alice = try root.path(serial: "0A")
        let bob = try other.path(serial: "0B")
        #expect(!checker.check(alice, at: servers.now).isAcceptable)
        #expect(!checker.check(bob, at: servers.now).isAcceptable)
    }

    @Test func `removed files are gone, a folder that is away keeps its lists`() throws {
        try File.makeDirectory(folder.file("lists"))
        try write("lists/a.crl", try root.revocationList())
        let checker = try servers.checker(
            RevocationRules(.files, files: [folder.file("lists")]), [root])
        let alice = try root.path()
        #expect(checker.check(alice, at: servers.now).isAcceptable)
        #expect(unsafe rename(folder.file("lists"), folder.file("away")) == 0)
        _ = checker.refresh(at: servers.now)
        #expect(checker.facts(at: servers.now).contains { $0.failure != nil })
        #expect(checker.check(alice, at: servers.now).isAcceptable)
        #expect(unsafe rename(folder.file("away"), folder.file("lists")) == 0)
        _ = checker.refresh(at: servers.now)
        #expect(!checker.facts(at: servers.now).contains { $0.failure != nil })
        File.remove(folder.file("lists/a.crl"))
        #expect(
            checker.refresh(at: servers.now) == ["\(folder.file("lists/a.crl")): removed"])
        #expect(
            checker.check(alice, at: servers.now).refusal?.contains("no list of CN=Root") == true)
    }

    @Test func `a file that is away keeps its list, and one that comes later is read`() throws {
        let checker = try servers.checker(RevocationRules(.files, files: [list]), [root])
        let alice = try root.path()
        #expect(checker.facts(at: servers.now).first?.failure == "No such file or directory")
        #expect(!checker.check(alice, at: servers.now).isAcceptable)
        try write("ca.crl", try root.revocationList())
        _ = checker.refresh(at: servers.now)
        #expect(checker.check(alice, at: servers.now).isAcceptable)
        File.remove(list)
        _ = checker.refresh(at: servers.now)
        #expect(checker.facts(at: servers.now).first?.failure == "No such file or directory")
        #expect(checker.check(alice, at: servers.now).isAcceptable)
    }

    @Test func `a list of another authority of the same name is no list of the issuer`() throws {
        let double = try TestCA("/CN=Root")
        let alice = try root.path(serial: "0A")
        try write("ca.crl", try double.revocationList([.init("0a")]))
        let checker = try servers.checker(
            RevocationRules(.files, files: [list]), [root, double])
        let finding = checker.check(alice, at: servers.now)
        #expect(
            finding.verdict
                == .undecided(
                    "\(list): it is signed by another key of that name", isTolerated: false))
        try write("own.crl", try root.revocationList())
        let both = try servers.checker(
            RevocationRules(.files, files: [list, folder.file("own.crl")]), [root, double])
        #expect(both.check(alice, at: servers.now).verdict == .good)
    }

    @Test func `a list that is too long is not read, and all together have a limit`() throws {
        let content = try root.revocationList((10...99).map { .init("01\($0)") })
        try write("ca.crl", content)
        var rules = RevocationRules(.files, files: [list])
        rules.listBytesMax = content.count
        #expect(try servers.checker(rules, [root]).facts(at: servers.now).first?.failure == nil)
        rules.listBytesMax = content.count - 1
        let facts = try servers.checker(rules, [root]).facts(at: servers.now)
        #expect(facts.first?.failure == "larger than \(content.count - 1) bytes")
        rules.listBytesMax = content.count
        for number in 0..<10 { try write("copy\(number).crl", content) }
        rules.files = (0..<10).map { folder.file("copy\($0).crl") }
        let all = try servers.checker(rules, [root]).facts(at: servers.now)
        #expect(all.count { $0.failure == nil } == 8)
        #expect(all.count { $0.failure?.hasPrefix("larger than") == true } == 2)
    }
}
