import Testing

@testable import CASProtocol

@Suite("Service URL") struct ServiceURLTests {
    private func fault(_ text: String, schemes: [String] = ["https", "http"]) -> ServiceURLFault? {
        do {
            _ = try ServiceURL(text, schemes: schemes)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        "https://app.example.org", "https://app.example.org/", "http://localhost:8080/a/b?c=d#e",
        "HTTPS://App.Example.org/X", "https://[::1]:8443/x", "https://a.example.org./",
        "https://app_1.example.org/", "https://app/callback?url", "https://app/?a=%zz&b=%",
        "https://app/?next=https://evil@other\u{e9}", "https://app/a..b/.c/...", "https://app:/x",
        "https://app/?x=/../y", "https://app/#/../x", "https://app/%5c%2f", "https://app?x@y",
    ])
    func `what a browser and we read alike is taken`(text: String) {
        #expect(fault(text) == nil)
    }

    @Test(
        arguments: [
            ("", .empty), ("/relative", .relative), ("//app.example.org/", .relative),
            ("app.example.org/", .relative), ("1https://app/", .relative),
            ("?x=https://a", .relative),
            ("javascript:alert(1)", .scheme), ("data:text/html,x", .scheme),
            ("ftp://app/", .scheme),
            ("imaps://mail/", .scheme), ("https:app.example.org", .missingHost),
            ("https:/app.example.org", .missingHost), ("https:///app", .missingHost),
            ("https://", .missingHost), ("https://?x", .missingHost),
            ("https://:443/", .missingHost),
            ("https://good@evil.example/", .userInformation),
            ("https://good:pass@evil.example/", .userInformation),
            ("https://@evil/", .userInformation),
            ("https://evil.example\\@good/", .backslash), ("https:\\\\evil/", .backslash),
            ("https://app/\\x", .backslash), ("https://app/a b", .whitespace),
            (" https://app/", .whitespace), ("https://app/\n", .whitespace),
            ("https://app/\r\nSet-Cookie:x", .whitespace), ("ht\ttps://app/", .whitespace),
            ("https://app/\u{0}", .controlCharacter), ("https://app/\u{7f}", .controlCharacter),
            ("https://app/\u{85}", .whitespace), ("https://app/\u{2028}", .whitespace),
            ("https://app/\u{90}", .controlCharacter), ("https://app/\u{a0}", .whitespace),
            ("https://app/%0d%0aX", .encodedControlCharacter),
            ("https://app/%0D", .encodedControlCharacter),
            ("https://app/?x=%0A", .encodedControlCharacter),
            ("https://app/#%00", .encodedControlCharacter),
            ("https://app%00.evil/", .encodedControlCharacter),
            ("https://\u{e4}pp.example.org/", .hostCharacter),
            ("https://app%2eexample/", .hostCharacter), ("https://a..b/", .hostCharacter),
            ("https://.app/", .hostCharacter), ("https://app;x/", .hostCharacter),
            ("https://[::1/", .hostCharacter), ("https://[fe80::1%25eth0]/", .hostCharacter),
            ("https://[]/", .hostCharacter), ("https://[::1]x/", .hostCharacter),
            ("https://./", .hostCharacter), ("https://app:99999/", .port),
            ("https://app:8a/", .port),
            ("https://app:-1/", .port), ("https://app:1:2/", .port),
            ("https://app/wiki/../evil", .dotSegment), ("https://app/./x", .dotSegment),
            ("https://app/x/..", .dotSegment), ("https://app/%2e%2E/x", .dotSegment),
            ("https://app/.%2e?x", .dotSegment), ("https://app/..;/x", .dotSegment),
            ("https://app/x/..#y", .dotSegment),
        ] as [(String, ServiceURLFault)])
    func `what could lead elsewhere is refused with its reason`(
        text: String, expected: ServiceURLFault
    ) {
        #expect(fault(text) == expected)
    }

    @Test func `the length limit is inclusive`() throws {
        let start = "https://app.example.org/"
        let longest = start + String(repeating: "x", count: 4096 - start.utf8.count)
        #expect(fault(longest) == nil)
        #expect(fault(longest + "x") == .tooLong)
        #expect(throws: ServiceURLFault.tooLong) { try ServiceURL(start, bytesMax: 23) }
    }

    @Test func `other schemes are taken where they are allowed`() throws {
        #expect(fault("imaps://mail.example.org/", schemes: ["https", "imaps"]) == nil)
        #expect(fault("http://app/", schemes: ["https"]) == .scheme)
    }

    @Test func `the parts are in lower case and without the default port`() throws {
        let service = try ServiceURL("HTTPS://App.Example.ORG:443/Path")
        #expect(service.scheme == "https")
        #expect(service.host == "app.example.org")
        #expect(service.port == nil)
        #expect(try ServiceURL("http://app:443/").port == 443)
        #expect(service.text == "HTTPS://App.Example.ORG:443/Path")
        #expect(service.patternText == "https://app.example.org:443/Path")
    }

    @Test(arguments: [
        ("https://app/x", "HTTPS://APP/x"),
        ("https://app/x", "https://app:443/x"),
        ("http://app/x", "http://app:0080/x"),
        ("https://app/x", "https://app:/x"),
        ("https://app/x", "https://app/x#part"),
        ("https://app/x", "https://app/x#"),
        ("https://app/x?a=b", "https://app/x;jsessionid=1A2B.node1?a=b"),
        ("https://app/x", "https://app/x;JSESSIONID=1A2B"),
        ("https://app/x", "https://app/x;jsessionid=1A2B#part"),
        ("https://app/\u{e9}", "https://app/%C3%A9"),
    ])
    func `spellings of one service match`(left: String, right: String) throws {
        let (left, right) = (try ServiceURL(left), try ServiceURL(right))
        #expect(left.matches(right) && right.matches(left))
        #expect(left.firstDifference(from: right) == nil)
    }

    @Test(arguments: [
        ("https://app/x", "http://app/x", 4),
        ("https://app/x", "https://app/X", 12),
        ("https://app/x", "https://app/x/", 13),
        ("https://app/x", "https://app/x?", 13),
        ("https://app/x", "https://app:8443/x", 11),
        ("https://app/?a=1&b=2", "https://app/?b=2&a=1", 13),
        ("https://app/a", "https://app/a%23x", 13),
        ("https://app/%3a", "https://app/%3A", 14),
        ("https://app/?x=;jsessionid=1", "https://app/?x=", 15),
        ("https://app/e\u{301}", "https://app/\u{e9}", 12),
    ])
    func `different services do not match, and the place is told`(
        left: String, right: String, place: Int
    ) throws {
        let (left, right) = (try ServiceURL(left), try ServiceURL(right))
        #expect(!left.matches(right) && !right.matches(left))
        #expect(left.firstDifference(from: right) == place)
        #expect(left != right)
    }

    @Test(arguments: [
        ("https://app", "https://app?ticket=ST-1"),
        ("https://app/callback", "https://app/callback?ticket=ST-1"),
        ("https://app/callback?url", "https://app/callback?url&ticket=ST-1"),
        ("https://app/callback?", "https://app/callback?ticket=ST-1"),
        ("https://app/callback?a=1&", "https://app/callback?a=1&&ticket=ST-1"),
        ("https://app/callback?a?", "https://app/callback?a?&ticket=ST-1"),
        ("https://app/#/route?x", "https://app/?ticket=ST-1#/route?x"),
        ("https://app/?a=%3a%2f+%20#f", "https://app/?a=%3a%2f+%20&ticket=ST-1#f"),
        ("https://app/?ticket=old", "https://app/?ticket=old&ticket=ST-1"),
        ("https://app/x;jsessionid=1", "https://app/x;jsessionid=1?ticket=ST-1"),
    ])
    func `the ticket is appended to the text as it came`(text: String, expected: String) throws {
        #expect(try ServiceURL(text).appending(name: "ticket", value: "ST-1") == expected)
    }

    @Test func `an appended value is percent-encoded`() throws {
        let service = try ServiceURL("https://app/")
        #expect(
            service.appending(name: "a b", value: "c&d=\r\n\u{e9}#")
                == "https://app/?a%20b=c%26d%3D%0D%0A%C3%A9%23")
    }

    @Test func `a location holds nothing but URL characters`() throws {
        let service = try ServiceURL("https://app/\"<\u{e9}>?{|}^`=%zz'()*")
        #expect(service.location == "https://app/%22%3C%C3%A9%3E?%7B%7C%7D%5E%60=%zz'()*")
        #expect(
            service.location(appending: "ticket", value: "ST-1")
                == "https://app/%22%3C%C3%A9%3E?%7B%7C%7D%5E%60=%zz'()*&ticket=ST-1")
        #expect(ServiceURL.location("a\r\nb") == "a%0D%0Ab")
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `no text crashes, and no location carries a line break`(seed: UInt64) throws {
        var state = seed
        func random(below limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(limit))
        }
        let pieces = [
            "https://", "http:", "//", "/", "\\", "@", ":", "?", "#", "&", ";jsessionid=1", "..",
            "%2e", "%0d", "%", "[", "]", "::1", "app", ".example.org", "443", "é", "\u{301}", "😀",
            "\"", "<", " ", "\r\n", "\u{0}", "\u{2028}", "|", "=", "{", "+",
        ]
        var taken = 0
        for _ in 0..<500 {
            let start = random(below: 4) == 0 ? "" : "https://app"
            let text =
                start
                + (0..<random(below: 8)).map { _ in pieces[random(below: pieces.count)] }
                .joined()
            guard let service = try? ServiceURL(text) else { continue }
            taken += 1
            let location = service.location(appending: "ticket", value: text)
            #expect(location.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
            #expect(service.matches(service) && !service.host.isEmpty)
            #expect(service.text == text)
            let again = try ServiceURL(service.location)
            #expect(again.matches(service) && again.location == service.location)
            #expect(try ServiceURL(service.patternText).matches(service))
        }
        #expect(taken > 50)
    }
}
