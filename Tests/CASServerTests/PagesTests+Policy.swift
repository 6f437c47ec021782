import OpenSSL
import Platform
import Testing

@testable import CASServer

@Suite("The Content-Security-Policy of a page") struct PagePolicyTests {
    @Test func `without anything of others it is the one constant`() {
        #expect(Pages.contentSecurityPolicy() == Pages.contentSecurityPolicy)
        #expect(Pages.contentSecurityPolicy.hasPrefix("default-src 'none'; "))
        #expect(!Pages.contentSecurityPolicy.contains("form-action"))
        let page = LoginPage(action: "/cas/login", execution: "e1")
        #expect(page.contentSecurityPolicy == Pages.contentSecurityPolicy)
    }

    @Test func `it names each origin and each hash once`() {
        let hash = "sha256-" + base64(sha256([1]))
        #expect(
            Pages.contentSecurityPolicy(
                imageOrigins: ["https://a.example", "https://a.example", "http://b.example:81"],
                frameOrigins: ["https://c.example"], scriptHashes: [hash, hash])
                == "default-src 'none'; style-src 'self'; "
                + "img-src 'self' data: https://a.example http://b.example:81; "
                + "frame-src https://c.example; script-src '\(hash)'; base-uri 'none'; "
                + "frame-ancestors 'none'")
    }

    @Test(arguments: [
        "", "*", "https:", "https://", "https://*", "https://*.a.example", "javascript:x",
        "data:", "https://a.example/", "https://a.example/x", "HTTPS://a.example",
        "https://A.example", "https://a.example;script-src *", "https://a.example script-src",
        "https://a.example'unsafe-inline'", "https://a.example\nX: y", "https://a.example,b",
        "https://u@a.example", "https://u:1@a.example", "https://a.example:", "https://a.example:0",
        "https://a.example:65536", "https://a.example:8x", "https://a.example:+80",
        "https://[::1]", "https://a..example", "https://a.example.", "https://ä.example",
        "https://a.example\\@b.example", "//a.example", "https://a%2eexample", "ftp://a.example",
    ])
    func `what is not exactly an origin is left out`(text: String) {
        let policy = Pages.contentSecurityPolicy(imageOrigins: [text], frameOrigins: [text])
        #expect(policy == Pages.contentSecurityPolicy)
    }

    @Test(arguments: [
        "", "sha256-", "'unsafe-inline'", "sha256-AAAA",
        "sha256-" + String(repeating: "A", count: 44),
        "sha256-" + String(repeating: "'", count: 43) + "=",
        "sha384-" + String(repeating: "A", count: 43) + "=",
        "sha256-" + String(repeating: "A", count: 43) + "=;",
    ])
    func `what is not exactly a hash is left out`(text: String) {
        #expect(Pages.contentSecurityPolicy(scriptHashes: [text]) == Pages.contentSecurityPolicy)
    }

    @Test(arguments: [
        ("https://a.example", "https://a.example"), ("HTTPS://A.Example/x", "https://a.example"),
        ("http://a.example:8080?x", "http://a.example:8080"), ("https://a-b.c#d", "https://a-b.c"),
        ("https://10.0.0.1:443/", "https://10.0.0.1:443"), ("https://host/@x:y", "https://host"),
    ])
    func `the origin of an address`(address: String, origin: String) {
        #expect(Pages.origin(of: address) == origin)
    }

    @Test func `the hash is that of the script`() {
        let script = Array(Pages.submitScript.markup.utf8)
        #expect(Pages.submitScriptHash == "sha256-" + base64(sha256(script)))
        #expect(!Pages.submitScript.markup.contains { "<>&".contains($0) })
        let page = PostResponsePage(address: "https://a.example/", fields: [])
        #expect(page.contentSecurityPolicy.contains("script-src '\(Pages.submitScriptHash)';"))
    }

    @Test func `frames and policy are bounded together`() {
        var page = LoggedOutPage(loginAddress: "/cas/login")
        page.frontChannel = (0..<200).map { number in
            let host = String(repeating: "h", count: 60) + "\(number).example.org"
            let label = ServiceLabel(name: nil, host: host)
            return FrontChannelTarget(label: label, address: "https://\(host)/x")
        }
        #expect((10..<LoggedOutPage.framesMax).contains(page.frames.count))
        #expect(page.contentSecurityPolicy.utf8.count < 2048)
        let html = Sample.pages.loggedOut(page)
        #expect(html.split(separator: "<iframe ").count == page.frames.count + 1)
        for frame in page.frames {
            let origin = Pages.origin(of: frame.address) ?? ""
            #expect(
                page.contentSecurityPolicy.contains(origin + " ")
                    || page.contentSecurityPolicy.contains(origin + ";"))
        }
        page.frontChannel = (0..<50).map { number in
            FrontChannelTarget(
                label: ServiceLabel(name: nil, host: "a.example"),
                address: "https://a.example/\(number)")
        }
        #expect(page.frames.count == LoggedOutPage.framesMax)
        #expect(page.contentSecurityPolicy.contains("; frame-src https://a.example; "))
    }
}
