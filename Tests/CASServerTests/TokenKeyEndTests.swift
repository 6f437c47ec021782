import JOSE
import Platform
import TestSupport
import Testing

@testable import CASServer

@Suite("The end of token keys") struct TokenKeyEndTests {
    private let scene: TokenKeyScene
    private let pair = "signing: { algorithm: ES256 }"

    init() throws {
        scene = try TokenKeyScene()
    }

    private func publicCount(_ catalog: TokenKeyCatalog) -> Int { catalog.current.publicKeys.count }

    @Test func `a previous key is over without another rotation, in workers and at start`() throws {
        let worker = try scene.catalog(pair)
        let token = try worker.token()
        #expect(scene.rotate(.signing, pair, force: true).status == .good)
        // Sessions of eight hours, and an hour for clocks that differ.
        scene.advance(by: .seconds(9 * 3600))
        worker.reloadIfChanged()
        #expect(worker.accepts(token) && publicCount(worker) == 3)
        #expect(try scene.catalog(pair).accepts(token))
        scene.advance(by: .seconds(1))
        worker.reloadIfChanged()
        #expect(!worker.accepts(token) && publicCount(worker) == 2)
        let started = try scene.catalog(pair)
        #expect(!started.accepts(token) && publicCount(started) == 2)
        let exported = KeyTools.exportPublic(.jwks) { try scene.tools(pair) }.text
        #expect(exported.ranges(of: "\"kid\"").count == 2)
        #expect(worker.accepts(try worker.token()))
    }

    @Test func `a key that is over is looked at once`() throws {
        let worker = try scene.catalog()
        #expect(scene.rotate(force: true).status == .good)
        scene.advance(by: .seconds(10 * 3600))
        for _ in 0..<3 { worker.reloadIfChanged() }
        // For the rotation, which was just noticed, and not again.
        #expect(scene.logText.ranges(of: "token keys reloaded").count == 1)
    }

    @Test func `a definition keeps previous keys as long as its tokens are good`() throws {
        let definition = """
            { "@class": "org.apereo.cas.services.RegexRegisteredService", "id": 7, "name": "app",
              "serviceId": "^https://app\\\\.example\\\\.org/.*",
              "serviceTicketExpirationPolicy": {
                "@class":
                  "org.apereo.cas.services.DefaultRegisteredServiceServiceTicketExpirationPolicy",
                "numberOfUses": 1, "timeToLive": 72000 } }
            """
        _ = try scene.write("services/app-7.json", definition)
        let worker = try scene.catalog()
        let token = try worker.token()
        #expect(TokenKeyLives(try scene.configuration()).longest == .seconds(21 * 3600))
        #expect(scene.rotate(force: true).status == .good)
        scene.advance(by: .seconds(21 * 3600))
        worker.reloadIfChanged()
        #expect(worker.accepts(token))
        scene.advance(by: .seconds(1))
        worker.reloadIfChanged()
        #expect(!worker.accepts(token))
    }

    @Test func `a revoked key is neither accepted nor published any more, at once`() throws {
        let worker = try scene.catalog(pair)
        let token = try worker.token()
        let first = try #require(try scene.ring.readRing()?.signing?.current)
        let refused = KeyTools.revoke(first.id) { try scene.tools(pair) }
        #expect(refused.status == .failed)
        #expect(refused.complaint.contains("casd keys rotate signing --force"))
        #expect(worker.accepts(token))
        #expect(scene.rotate(.signing, pair, force: true).status == .good)
        #expect(worker.accepts(token) && publicCount(worker) == 3)
        let output = KeyTools.revoke(first.id) { try scene.tools(pair) }
        #expect(output.status == .good && output.text.contains("\(first.id) is revoked"))
        #expect(!worker.accepts(token) && publicCount(worker) == 2)
        #expect(!scene.ring.holdsKey(first))
        #expect(try scene.ring.readRing()?.signing?.previous.isEmpty == true)
        #expect(worker.accepts(try worker.token()))
        let again = KeyTools.revoke(first.id) { try scene.tools(pair) }
        #expect(again.status == .failed && again.complaint.contains("there is no key"))
    }

    @Test func `a revoked next key is replaced`() throws {
        let worker = try scene.catalog()
        let before = try #require(try scene.ring.readRing()?.encryption)
        let output = KeyTools.revoke(before.next.id) { try scene.tools() }
        #expect(output.status == .good)
        let after = try #require(try scene.ring.readRing()?.encryption)
        #expect(after.current == before.current && after.next.id != before.next.id)
        #expect(after.previous.isEmpty && !scene.ring.holdsKey(before.next))
        #expect(output.text.contains("\(after.next.id) is the next key"))
        #expect(worker.accepts(try worker.token()))
    }

    @Test func `a previous key is revoked also while another key cannot be read`() throws {
        _ = try scene.catalog()
        #expect(scene.rotate(force: true).status == .good)
        let ring = try #require(try scene.ring.readRing())
        let old = try #require(ring.signing?.previous.first)
        let broken = try #require(ring.encryption?.next)
        File.remove(scene.ring.path + "/" + broken.file)
        #expect(KeyTools.revoke(old.id) { try scene.tools() }.status == .good)
        #expect(!scene.ring.holdsKey(old))
    }

    @Test func `after a failed change, keys that the ring names stay`() throws {
        _ = try scene.catalog()
        let here = try scene.tools()
        let old = try #require(try scene.ring.readRing())
        var ring = old
        let made = try scene.ring.addKey(
            .signing, algorithm: "HS512", now: here.clock(), random: here.random)
        let stray = try scene.ring.addKey(
            .encryption, algorithm: "A256CBC-HS512", now: here.clock(), random: here.random)
        ring.signing?.replaceNext(by: made)
        // As if the ring had been replaced and the disk had failed behind that.
        try scene.ring.writeRing(ring)
        ring.encryption?.replaceNext(by: stray)
        File.remove(scene.ring.path + "/" + (try #require(old.encryption?.current.file)))
        #expect(throws: TokenKeyFault.self) { try here.put(ring, insteadOf: old) }
        #expect(scene.ring.holdsKey(made) && !scene.ring.holdsKey(stray))
    }

    @Test func `casd starts while rotations drop keys`() throws {
        _ = try scene.catalog()
        let configuration = try scene.configuration()
        let isOver = Lock(false)
        let starts = Lock(0)
        onThreads(3) { [scene] number in
            guard number > 0 else {
                for _ in 1...40 {
                    scene.advance(by: .seconds(10 * 3600))
                    #expect(scene.rotate().status == .good)
                    let before = starts.withLock { $0 }
                    _ = waitUntil { starts.withLock { $0 } > before }
                }
                isOver.withLock { $0 = true }
                return
            }
            while !isOver.withLock({ $0 }) {
                do {
                    _ = try TokenKeyCatalog(
                        configuration, clock: { scene.now.withLock { $0 } },
                        random: systemRandomBytes)
                } catch {
                    Issue.record("\(error)")
                }
                starts.withLock { $0 += 1 }
            }
        }
    }

    @Test func `private keys decrypt only what is verified, unless signing comes first`() throws {
        let rsa = try JSONWebKey.generate(for: .rs256)
        let secret = String(repeating: "s", count: 64)
        func keys(_ order: LayerOrder) throws -> TokenKeys {
            try TokenKeys(
                order: order, signing: [try TokenKeyText.signing(secret)],
                encryption: [
                    try TokenKeyText.encryption(
                        try #require(rsa.privatePEM), method: .a256CBCHS512, isCompressed: false)
                ])
        }
        for (order, other) in [
            (LayerOrder.encryptAndSign, LayerOrder.signAndEncrypt),
            (.signAndEncrypt, .encryptAndSign),
        ] {
            let token = try keys(order).token()
            #expect(try keys(order).accepts(token))
            #expect(throws: JOSEError.layers) { try keys(other).reader.read(token) }
        }
    }

    @Test func `secrets take the layers in either order`() throws {
        let catalog = try scene.catalog("strategy: sign_and_encrypt")
        let token = try catalog.token()
        #expect(try scene.catalog().accepts(token))
    }
}
