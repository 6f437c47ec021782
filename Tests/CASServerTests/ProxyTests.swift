import CASProtocol
import HTTP
import JSON
import Outbound
import Platform
import TestSupport
import Testing
import Tickets

@Suite("CAS 3.0 §2.5.4 proxy callbacks") struct ProxyCallbackTests {
    private func refused(
        _ callback: String, _ scene: ProxyScene
    ) throws -> (code: String?, after: String?) {
        let ticket = try scene.ticket()
        let first = scene.browser.validate(
            ticket, for: ProxyScene.portal, at: "serviceValidate",
            "&pgtUrl=" + percentEncoded(callback))
        #expect(!first.isSuccess && !first.text.contains("PGTIOU"))
        let second = scene.browser.validate(ticket, for: ProxyScene.portal)
        return (first.failureCode, second.failureCode)
    }

    @Test(arguments: ["serviceValidate", "p3/serviceValidate", "proxyValidate", "p3/proxyValidate"])
    func `the callback gets exactly one GET with both tickets, the answer just the receipt`(
        path: String
    ) throws {
        let scene = try ProxyScene()
        let ticket = try scene.ticket()
        let answer = scene.browser.validate(
            ticket, for: ProxyScene.portal, at: path,
            "&pgtUrl=" + percentEncoded(ProxyScene.portalCallback))
        #expect(answer.isSuccess)
        #expect(scene.server.network.calls.count == 1)
        let call = try #require(scene.server.network.calls.first)
        #expect(call.method == .get && !call.allowsPlain)
        let (start, query) = (call.url.prefix { $0 != "?" }, call.url.after("?") ?? "")
        #expect(start == ProxyScene.portalCallback)
        let names = query.split(separator: "&").map { $0.prefix { $0 != "=" } }
        #expect(names == ["pgtIou", "pgtId"])
        let receipt = parameter("pgtIou", of: call.url) ?? ""
        let granting = parameter("pgtId", of: call.url) ?? ""
        #expect(receipt.hasPrefix("PGTIOU-") && receipt.utf8.count <= 64)
        #expect(granting.hasPrefix("PGT-") && granting.utf8.count <= 64)
        #expect(
            answer.text.contains("<cas:proxyGrantingTicket>\(receipt)</cas:proxyGrantingTicket>"))
        #expect(!answer.text.contains(granting))
        #expect(try scene.server.registry.counts().proxyGrantingTickets == 1)
    }

    @Test func `the receipt is in JSON as well`() throws {
        let scene = try ProxyScene()
        let answer = scene.browser.validate(
            try scene.ticket(), for: ProxyScene.portal,
            at: "p3/serviceValidate",
            "&format=JSON&pgtUrl=" + percentEncoded(ProxyScene.portalCallback))
        let success = try JSONValue(parsing: answer.body).objectValue?["serviceResponse"]?
            .objectValue?["authenticationSuccess"]?.objectValue
        let call = try #require(scene.server.network.calls.first)
        #expect(success?["proxyGrantingTicket"]?.stringValue == parameter("pgtIou", of: call.url))
    }

    @Test func `what the callback's address holds is kept`() throws {
        let scene = try ProxyScene()
        let callback = ProxyScene.portalCallback + "?site=1&x"
        _ = try scene.grant(callback: callback)
        #expect(
            scene.server.network.calls.first?.url.hasPrefix(callback + "&pgtIou=PGTIOU-") == true)
    }

    @Test func `every validation that wants one gets its own`() throws {
        let scene = try ProxyScene()
        let (one, two) = (try scene.grant(), try scene.grant())
        #expect(one.ticket != two.ticket && one.receipt != two.receipt)
        #expect(try scene.proxyTicket(one.ticket).hasPrefix("PT-"))
        #expect(try scene.proxyTicket(two.ticket).hasPrefix("PT-"))
    }

    @Test(arguments: [
        "http://portal.example.org/callback", "https://portal.example.org/callback#part",
        "https://user@portal.example.org/callback", "https://portal.example.org/call back",
        "https://portal.example.org/a/../callback",
    ])
    func `a callback that is no plain https address is refused without a call`(
        callback: String
    ) throws {
        let scene = try ProxyScene()
        let (code, after) = try refused(callback, scene)
        #expect(code == "INVALID_PROXY_CALLBACK")
        #expect(after == "INVALID_TICKET")
        #expect(scene.server.network.calls.isEmpty)
    }

    @Test(arguments: [
        "https://evil.example/callback", "https://portal.example.org.evil.example/",
        "https://evil.example/?https://portal.example.org/callback",
    ])
    func `a callback that the policy does not allow is refused without a call`(
        callback: String
    ) throws {
        let scene = try ProxyScene()
        let (code, after) = try refused(callback, scene)
        #expect(code == "UNAUTHORIZED_SERVICE_PROXY")
        #expect(after == "INVALID_TICKET")
        #expect(scene.server.network.calls.isEmpty)
    }

    @Test(arguments: [100, 202, 204, 301, 302, 304, 400, 404, 500, 503])
    func `no other status than 200 will do`(status: Int) throws {
        let scene = try ProxyScene()
        scene.server.network.answers(status: status)
        let (code, after) = try refused(ProxyScene.portalCallback, scene)
        #expect(code == "INVALID_PROXY_CALLBACK")
        #expect(after == "INVALID_TICKET")
        #expect(scene.server.network.calls.count == 1)
        #expect(try scene.server.registry.counts().proxyGrantingTickets == 0)
    }

    @Test(
        arguments: [
            .refusedAddress("127.0.0.1"), .refusedAddress("10.0.0.1"), .unresolved, .unreachable,
            .timeout, .tls("certificate has expired"), .responseTooLarge, .address("scheme"),
            .other("?"),
        ] as [OutboundError])
    func `a callback that cannot be had is refused, and its ticket is gone`(
        error: OutboundError
    ) throws {
        let scene = try ProxyScene()
        scene.server.network.answers { _ throws(OutboundError) in throw error }
        let before = try scene.server.reasons.count
        let (code, after) = try refused(ProxyScene.portalCallback, scene)
        #expect(code == "INVALID_PROXY_CALLBACK")
        #expect(after == "INVALID_TICKET")
        #expect(scene.server.network.calls.count == 1)
        #expect(try scene.server.registry.counts().proxyGrantingTickets == 0)
        // One line for this, one for the second validation.
        let lines = try scene.server.reasons.dropFirst(before)
        #expect(lines.count == 2)
        #expect(lines.first?.contains(error.reasonClass) == true)
    }

    @Test func `nobody is called for a ticket that is not good`() throws {
        let scene = try ProxyScene()
        let callback = "&pgtUrl=" + percentEncoded(ProxyScene.portalCallback)
        for (service, extra) in [
            ("https://backend.example.org/", ""), (ProxyScene.portal + "x", ""),
            (ProxyScene.portal, "&renew=true"),
        ] {
            // Of a session that has granted one already, so not from a new login.
            _ = try scene.ticket()
            let answer = scene.browser.validate(
                try scene.ticket(), for: service, at: "serviceValidate", callback + extra)
            #expect(answer.failureCode != nil)
        }
        _ = scene.browser.validate(
            "ST-unknown", for: ProxyScene.portal, at: "serviceValidate", callback)
        #expect(scene.server.network.calls.isEmpty)
    }

    @Test func `CAS 1 knows no proxies, and an empty pgtUrl is none`() throws {
        let scene = try ProxyScene()
        let answer = scene.browser.validate(
            try scene.ticket(), for: ProxyScene.portal, at: "validate",
            "&pgtUrl=" + percentEncoded(ProxyScene.portalCallback))
        #expect(answer.text == "yes\ncasuser\n")
        let plain = scene.browser.validate(
            try scene.ticket(), for: ProxyScene.portal, at: "serviceValidate", "&pgtUrl=")
        #expect(plain.isSuccess && !plain.text.contains("proxyGrantingTicket"))
        #expect(scene.server.network.calls.isEmpty)
    }

    @Test func `a service without a policy may not act for its users`() throws {
        let scene = try ProxyScene()
        let app = "https://app.example.org/home"
        let ticket = try #require(scene.browser.enter(app).ticket)
        let answer = scene.browser.validate(
            ticket, for: app, at: "serviceValidate",
            "&pgtUrl=" + percentEncoded("https://app.example.org/callback"))
        #expect(answer.failureCode == "UNAUTHORIZED_SERVICE_PROXY")
        #expect(scene.browser.validate(ticket, for: app).failureCode == "INVALID_TICKET")
    }

    @Test func `the whole of it can be switched off`() throws {
        let scene = try ProxyScene("protocol: { proxy: { enabled: false } }")
        let (code, after) = try refused(ProxyScene.portalCallback, scene)
        #expect(code == "UNAUTHORIZED_SERVICE_PROXY")
        #expect(after == "INVALID_TICKET")
        #expect(scene.proxy("PGT-unknown").proxyFailureCode == "UNAUTHORIZED_SERVICE")
        #expect(scene.server.network.calls.isEmpty)
    }
}

@Suite("CAS 3.0 §2.5 proxy granting tickets in the answer") struct EncryptedProxyTests {
    private func definition(_ key: String) -> String {
        Definition.json(
            "sealed", id: 210,
            Definition.proxying("^https://sealed\\\\.example\\\\.org/.*"),
            Definition.object(
                "attributeReleasePolicy", "ReturnAllowedAttributeReleasePolicy",
                #""authorizedToReleaseProxyGrantingTicket": true"#),
            Definition.object(
                "publicKey", "RegisteredServicePublicKeyImpl",
                #""location": "\#(key)", "algorithm": "RSA""#))
    }

    @Test func `a service with a key reads the ticket from the answer, and nobody is called`()
        throws
    {
        let folder = try TemporaryDirectory()
        let (privateKey, publicKey) = (folder.file("key.pem"), folder.file("key.pub"))
        try openssl([
            "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", privateKey,
        ])
        try openssl(["pkey", "-in", privateKey, "-pubout", "-out", publicKey])
        let scene = try ProxyScene(definitions: [definition("file:" + publicKey)])
        let service = "https://sealed.example.org/"
        let ticket = try #require(scene.browser.enter(service).ticket)
        let answer = scene.browser.validate(
            ticket, for: service, "&pgtUrl=" + percentEncoded("https://sealed.example.org/cb"))
        let text = try #require(
            answer.text.between("<cas:proxyGrantingTicket>", "<"), "\(answer.text)")
        #expect(!text.hasPrefix("PGT"))
        #expect(scene.server.network.calls.isEmpty)
        try File.replace(folder.file("in"), with: try #require(bytes(base64: text)))
        try openssl([
            "pkeyutl", "-decrypt", "-inkey", privateKey, "-in", folder.file("in"),
            "-out", folder.file("out"),
        ])
        let granting = try File.readText(folder.file("out"))
        #expect(granting.hasPrefix("PGT-"))
        #expect(try scene.proxyTicket(granting).hasPrefix("PT-"))
        #expect(try !scene.server.log.contains(granting))
    }

    @Test func `a key that cannot be used is an internal error, and no ticket leaves`() throws {
        let folder = try TemporaryDirectory()
        try File.replace(folder.file("key.pub"), with: Array("no key".utf8))
        let scene = try ProxyScene(
            definitions: [definition("file:" + folder.file("key.pub"))])
        let service = "https://sealed.example.org/"
        let ticket = try #require(scene.browser.enter(service).ticket)
        let answer = scene.browser.validate(
            ticket, for: service, "&pgtUrl=" + percentEncoded("https://sealed.example.org/cb"))
        #expect(answer.failureCode == "INTERNAL_ERROR")
        #expect(try scene.server.registry.counts().proxyGrantingTickets == 0)
    }
}
