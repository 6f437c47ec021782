import CASServer
import OpenSSL
import Platform
import TestSupport
import Testing

@Suite("Sealed values and their keys") struct SealerTests {
    private func keys(_ folder: TemporaryDirectory) throws -> KeyRing {
        try KeyRing.load(
            folder.file("keys"), now: Instant(milliseconds: 0), random: systemRandomBytes)
    }

    @Test func `what is sealed opens for the same purpose and context only`() throws {
        let sealer = Sealer(keys: try keys(try TemporaryDirectory()), random: systemRandomBytes)
        let text = try sealer.seal([1, 2, 3], for: .ticketGrantingCookie, context: "a")
        #expect(sealer.open(text, for: .ticketGrantingCookie, context: "a") == [1, 2, 3])
        #expect(sealer.open(text, for: .ticketGrantingCookie, context: "b") == nil)
        #expect(sealer.open(text, for: .loginForm, context: "a") == nil)
    }

    @Test func `a changed, cut or foreign text does not open`() throws {
        let sealer = Sealer(keys: try keys(try TemporaryDirectory()), random: systemRandomBytes)
        let text = try sealer.seal([1, 2, 3], for: .loginForm)
        for index in text.indices {
            var changed = text
            changed.replaceSubrange(index...index, with: text[index] == "A" ? "B" : "A")
            #expect(sealer.open(changed, for: .loginForm) == nil)
            #expect(sealer.open(String(text[..<index]), for: .loginForm) == nil)
        }
        let other = Sealer(keys: try keys(try TemporaryDirectory()), random: systemRandomBytes)
        #expect(other.open(text, for: .loginForm) == nil)
    }

    @Test func `keys are made once, closed to others, and read again`() throws {
        let folder = try TemporaryDirectory()
        let first = Sealer(keys: try keys(folder), random: systemRandomBytes)
        let second = Sealer(keys: try keys(folder), random: systemRandomBytes)
        #expect(second.open(try first.seal([7], for: .loginForm), for: .loginForm) == [7])
        let names = try File.names(in: folder.file("keys"))
        #expect(names.count { $0.hasPrefix("seal-") } == 1)
        for name in names { #expect(File.permissions(folder.file("keys/" + name)) == 0o600) }
    }

    @Test func `after a rotation the new key seals and the old one still opens`() throws {
        let folder = try TemporaryDirectory()
        let old = try Sealer(keys: keys(folder), random: systemRandomBytes)
            .seal([7], for: .loginForm)
        try KeyRing.addKey(
            to: folder.file("keys"), now: Instant(milliseconds: 10_000), random: systemRandomBytes)
        let rotated = Sealer(keys: try keys(folder), random: systemRandomBytes)
        #expect(rotated.open(old, for: .loginForm) == [7])
        #expect(try rotated.seal([7], for: .loginForm).prefix(10) != old.prefix(10))
    }

    @Test func `a key that others may read is refused`() throws {
        let folder = try TemporaryDirectory()
        _ = try keys(folder)
        let name = try File.names(in: folder.file("keys"))[0]
        let content = try File.read(folder.file("keys/" + name))
        File.remove(folder.file("keys/" + name))
        try File.replace(folder.file("keys/" + name), with: content, permissions: 0o644)
        #expect(throws: KeyRing.Failure.self) { try keys(folder) }
    }

    @Test func `a broken key file is refused by name`() throws {
        let folder = try TemporaryDirectory()
        _ = try keys(folder)
        try File.replace(folder.file("keys/seal-00000000ffffffff.key"), with: Array("short".utf8))
        #expect { try keys(folder) } throws: { "\($0)".contains("seal-00000000ffffffff.key") }
    }
}
