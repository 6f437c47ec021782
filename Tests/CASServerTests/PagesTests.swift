import CASProtocol
import Testing

@testable import CASServer

@Suite("HTML") struct HTMLTests {
    @Test func `an interpolated string is escaped`() {
        let page: HTML = "<p title=\"\(Sample.hostile)\">\(Sample.hostile)</p>"
        #expect(page.markup == "<p title=\"\(Sample.hostileEscaped)\">\(Sample.hostileEscaped)</p>")
    }

    @Test func `markup is taken as it is, alone, in arrays and if there is any`() {
        let text = "a & b"
        let piece: HTML = "<b>\(text)</b>"
        let nothing: HTML? = nil
        let something: HTML? = piece
        let page: HTML = "1\(piece)2\([piece, piece])3\(nothing)4\(something)5\(6)"
        let bold = "<b>a &amp; b</b>"
        #expect(page.markup == "1\(bold)2\(bold)\(bold)34\(bold)56")
        #expect(HTML([piece, piece]) == piece + piece)
    }

    @Test func `every character is kept, escaped or dropped as HTML needs it`() {
        let edges: [ClosedRange<UInt32>] = [
            0...0x2FF, 0x2000...0x20FF, 0xD7F0...0xE010, 0xFDC0...0xFE00, 0xFFF0...0x1000F,
            0x1FFF0...0x2000F, 0x10FFF0...0x10FFFF,
        ]
        for value in edges.joined() {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let text = String(Character(scalar))
            let page: HTML = "\(text)"
            let escapes = ["&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;", "'": "&#39;"]
            let isControl = value < 0x20 && value != 9 && value != 10 || (0x7F...0x9F) ~= value
            let isNoncharacter = value & 0xFFFE == 0xFFFE || (0xFDD0...0xFDEF) ~= value
            let isDirection = (0x202A...0x202E) ~= value || (0x2066...0x2069) ~= value
            let expected = isControl || isNoncharacter || isDirection ? "" : escapes[text] ?? text
            if page.markup != expected {
                Issue.record("U+\(String(value, radix: 16)) became \(page.markup)")
            }
        }
    }

    @Test func `text without special characters is untouched`() {
        let text = "Zoë Müller-Łukasz 東京 🚀\n\tend"
        let page: HTML = "\(text)"
        #expect(page.markup == text)
    }
}

@Suite("Messages") struct MessagesTests {
    @Test func `every text is there`() {
        var count = 0
        check(Mirror(reflecting: Messages.english), at: "english", counting: &count)
        #expect(count > 110)
    }

    private func check(_ mirror: Mirror, at place: String, counting count: inout Int) {
        for (name, value) in mirror.children {
            let place = "\(place).\(name ?? "?")"
            switch value {
            case let text as String:
                #expect(text.contains { !$0.isWhitespace }, "\(place)")
                count += 1
            case let count as Messages.Count:
                #expect(count(1) != count(2), "\(place)")
                #expect(count(7).contains("7") || count(7) == count(9), "\(place)")
            case let phrase as Messages.Phrase:
                #expect(phrase("<b>x</b>").markup.contains("<b>x</b>"), "\(place)")
                count += 1
            default:
                check(Mirror(reflecting: value), at: place, counting: &count)
            }
        }
    }
}

@Suite("Pages") struct PagesTests {
    @Test(arguments: Sample.all) func `a page is well-formed`(sample: Sample) {
        #expect(WellFormed.fault(in: sample.html) == nil)
    }

    @Test(arguments: [
        "<p>", "</p>", "<p><b></p></b>", "<p id=x></p>", "<p id=\"a\" id=\"b\"></p>", "<p>&</p>",
        "<p>></p>", "<input>", "<p id=\"a\"></p><p id=\"a\"></p>", "<p title=\"&x\"></p>",
    ])
    func `the check for well-formed pages finds faults`(markup: String) {
        #expect(WellFormed.fault(in: "<!DOCTYPE html>\n" + markup) != nil)
    }

    @Test(arguments: Sample.all) func `a page runs nothing and loads only the stylesheet`(
        sample: Sample
    ) {
        let html = sample.html
        for forbidden in [" style=", "<style", "@import", "<object", "<embed", "<base", "srcdoc"] {
            #expect(!html.contains(forbidden), "\(forbidden)")
        }
        let loads = html.split(separator: "<").filter { $0.hasPrefix("link ") }.map(String.init)
        #expect(
            loads == [
                "link rel=\"icon\" href=\"data:,\"/>\n",
                "link rel=\"stylesheet\" href=\"/cas/assets/casd.css?v=1\"/>\n",
            ])
        #expect(!html.contains("http://"))
        #expect(!html.contains(" onclick=") && !html.contains(" onload="))
    }

    @Test(arguments: Sample.all) func `what a page runs and loads beside is what its policy names`(
        sample: Sample
    ) {
        for part in sample.html.split(separator: " src=\"").dropFirst() {
            let address = String(part.prefix { $0 != "\"" })
            guard !address.hasPrefix("data:image/"), !address.hasPrefix("/") else { continue }
            let words = sample.policy.split { $0 == " " || $0 == ";" }.map(String.init)
            #expect(words.contains { $0 == Pages.origin(of: address) }, "\(address)")
        }
        #expect(
            sample.html.contains("<iframe") == sample.policy.contains("frame-src"))
        let scripts = sample.html.split(separator: "<script", omittingEmptySubsequences: false)
        #expect(scripts.count == (sample.policy.contains("script-src") ? 2 : 1))
        if scripts.count == 2 {
            #expect(scripts[1].hasPrefix(">\(Pages.submitScript.markup)</script>"))
        }
    }

    @Test(arguments: Sample.all) func `a page has one language, title, heading and main part`(
        sample: Sample
    ) {
        let html = sample.html
        #expect(html.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\">"))
        for part in ["<title>", "<h1>", "<main ", "<header ", "name=\"viewport\""] {
            #expect(html.split(separator: part, omittingEmptySubsequences: false).count == 2)
        }
    }

    @Test(arguments: Sample.all) func `hostile values stay text`(sample: Sample) {
        #expect(!sample.html.contains("alert('1')"))
        #expect(!sample.html.contains("\u{1B}"))
        if sample.isHostile { #expect(sample.html.contains(Sample.hostileEscaped)) }
    }

    @Test func `the login form keeps the fields that robots rely on`() {
        let html = Sample.pages.login(LoginPage(action: "/cas/login?a=1&b=2", execution: "e1"))
        for part in [
            "<form id=\"fm1\" method=\"post\" action=\"/cas/login?a=1&amp;b=2\">",
            "<input id=\"username\" name=\"username\" type=\"text\" value=\"\" "
                + "autocomplete=\"username\" autocapitalize=\"none\"",
            "<input id=\"password\" name=\"password\" type=\"password\" "
                + "autocomplete=\"current-password\"",
            "<input type=\"hidden\" name=\"execution\" value=\"e1\"/>",
            "<input type=\"hidden\" name=\"lt\" value=\"e1\"/>",
            "<input type=\"hidden\" name=\"_eventId\" value=\"submit\"/>",
            "<button class=\"button\" type=\"submit\" name=\"submit\" value=\"submit\">",
            "<label for=\"username\">", "<label for=\"password\">",
        ] {
            #expect(html.contains(part), "\(part)")
        }
        #expect(!html.contains("role=\"alert\""))
        #expect(!html.contains("aria-invalid"))
    }

    @Test func `a failed login says why next to the fields and keeps the username`() {
        var page = LoginPage(action: "/cas/login", execution: "e1")
        page.failure = .badCredentials
        page.username = "o'hara"
        let html = Sample.pages.login(page)
        #expect(html.contains("<p class=\"alert\" id=\"failure\" role=\"alert\">The username or "))
        #expect(html.split(separator: "aria-describedby=\"failure\"").count == 3)
        #expect(html.contains("value=\"o&#39;hara\""))
        let focused = html.split(separator: "<input ").filter { $0.contains("autofocus") }
        #expect(focused.count == 1 && focused.first?.contains("id=\"password\"") == true)
    }

    @Test func `every failure and every error has a page of its own`() {
        let failures = LoginPage.Failure.allCases.map { failure in
            var page = LoginPage(action: "/cas/login", execution: "e1")
            page.failure = failure
            return Sample.pages.login(page)
        }
        #expect(Set(failures).count == failures.count)
        let errors = ErrorPage.Reason.allCases.map { reason in
            Sample.pages.error(ErrorPage(reason: reason, incident: "4F2A"))
        }
        #expect(Set(errors).count == errors.count)
        #expect(errors.allSatisfy { $0.contains("Incident <code>4F2A</code>") })
    }

    @Test(arguments: [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", " https://a.example/", "//evil.example/",
        "/\\evil.example/", "data:text/html,x", "",
    ])
    func `no link leads to an address that is not http or our own`(address: String) {
        var page = LoggedOutPage(loginAddress: "/cas/login")
        page.continuation = (ServiceLabel(name: nil, host: "app.example.org"), address)
        #expect(!Sample.pages.loggedOut(page).contains("app.example.org"))
        var login = LoginPage(action: "/cas/login", execution: "e1")
        login.certificateAddress = address
        #expect(!Sample.pages.login(login).contains("certificate"))
    }

    @Test func `times are in UTC to the minute`() {
        #expect(
            Sample.named("logged-in").html.contains(
                "<time datetime=\"2026-05-01T07:55:39.123Z\">2026-05-01 07:55 UTC</time>"))
    }

    @Test func `a service with a name shows its host too`() {
        var page = LoginPage(action: "/cas/login", execution: "e1")
        page.service = ServiceLabel(name: "Library", host: "app.example.org")
        #expect(
            Sample.pages.login(page).contains(
                "<bdi class=\"name\">Library</bdi> "
                    + "<span class=\"host\">(<bdi>app.example.org</bdi>)</span>"))
    }

    @Test func `the login page and the stylesheet are small`() {
        let page = Sample.named("login").html.utf8.count
        #expect(Stylesheet.bytes.count < 8_000)
        #expect(page + Stylesheet.bytes.count < 12_000)
    }

    @Test func `the stylesheet loads nothing and its address changes with it`() {
        let css = String(decoding: Stylesheet.bytes, as: UTF8.self)
        #expect(css.contains("prefers-color-scheme: dark"))
        for forbidden in ["url(", "@import", "http"] { #expect(!css.contains(forbidden)) }
        #expect(Stylesheet.version.utf8.count == 16)
        #expect(
            Stylesheet.address(prefix: "/cas") == "/cas/assets/casd.css?v=\(Stylesheet.version)")
    }
}
