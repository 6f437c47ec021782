import CASProtocol
import Platform
import Testing

@testable import CASServer

/// Everything that could leave its place in a page, and what must become of it.
private let hostile = "\"><script>alert('1')</script>&amp;\u{0}\u{1B}[2J\u{9F}\u{FFFF}\u{202E}"
private let hostileEscaped =
    "&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;[2J"

@Suite("HTML") struct HTMLTests {
    @Test func `an interpolated string is escaped`() {
        let page: HTML = "<p title=\"\(hostile)\">\(hostile)</p>"
        #expect(page.markup == "<p title=\"\(hostileEscaped)\">\(hostileEscaped)</p>")
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
        #expect(count > 70)
    }

    private func check(_ mirror: Mirror, at place: String, counting count: inout Int) {
        for (name, value) in mirror.children {
            let place = "\(place).\(name ?? "?")"
            switch value {
            case let text as String:
                #expect(text.contains { !$0.isWhitespace }, "\(place)")
                count += 1
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
        for forbidden in ["<script", " style=", "<style", "<img", "<iframe", " src=", "@import"] {
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
        if sample.isHostile { #expect(sample.html.contains(hostileEscaped)) }
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

/// A page with sample content.
struct Sample: CustomTestStringConvertible, Sendable {
    let name: String
    let html: String
    var isHostile: Bool { name.hasPrefix("hostile") }
    var testDescription: String { name }

    static let pages = Pages(messages: .english, stylesheet: "/cas/assets/casd.css?v=1")

    static let all: [Sample] =
        ordinary(pages)
        + hostilePages(
            Pages(
                messages: .english, stylesheet: "/cas/assets/casd.css?v=1", siteName: hostile))

    static func named(_ name: String) -> Sample {
        all.first { $0.name == name } ?? Sample(name: name, html: "")
    }

    private static let library = ServiceLabel(name: "Library catalogue", host: "app.example.org")
    private static let since = Instant(milliseconds: 1_777_622_139_123)

    private static func ordinary(_ pages: Pages) -> [Sample] {
        var login = LoginPage(
            action: "/cas/login?service=https%3A%2F%2Fapp.example.org%2F",
            execution: String(repeating: "k7Qz", count: 90))
        let plain = pages.login(login)
        login.service = library
        login.certificateAddress = "https://login.example.org:8444/cas/login"
        let full = pages.login(login)
        login.occasion = .renewal
        let renewal = pages.login(login)
        login.failure = .badCredentials
        login.username = "casuser"
        let failed = pages.login(login)
        var loggedIn = LoggedInPage(
            user: "casuser", since: since, method: .password, until: since + .seconds(8 * 3600),
            logoutAddress: "/cas/logout")
        let bare = pages.loggedIn(loggedIn)
        loggedIn.attributes = Attributes([
            ("mail", ["casuser@example.org"]), ("memberOf", ["cn=staff", "cn=library,ou=groups"]),
        ])
        var loggedOut = LoggedOutPage(loginAddress: "/cas/login")
        let end = pages.loggedOut(loggedOut)
        loggedOut.continuation = (library, "https://app.example.org/")
        return [
            Sample(name: "login-plain", html: plain), Sample(name: "login", html: full),
            Sample(name: "login-renewal", html: renewal),
            Sample(name: "login-failed", html: failed),
            Sample(name: "logged-in-bare", html: bare),
            Sample(name: "logged-in", html: pages.loggedIn(loggedIn)),
            Sample(name: "logged-out-bare", html: end),
            Sample(name: "logged-out", html: pages.loggedOut(loggedOut)),
            Sample(
                name: "not-registered",
                html: pages.notRegistered(
                    NotRegisteredPage(host: "unknown.example.net", incident: "7F3A-19C2"))),
            Sample(
                name: "access-denied",
                html: pages.accessDenied(
                    AccessDeniedPage(
                        user: "casuser", service: library, logoutAddress: "/cas/logout",
                        incident: "7F3A-19C2"))),
            Sample(
                name: "error",
                html: pages.error(ErrorPage(reason: .internalError, incident: "7F3A-19C2"))),
            Sample(
                name: "bad-request",
                html: pages.error(
                    ErrorPage(reason: .credentialsInAddress, incident: "7F3A-19C2"))),
        ]
    }

    private static func hostilePages(_ pages: Pages) -> [Sample] {
        let long = hostile + String(repeating: "longword", count: 40)
        let service = ServiceLabel(name: long, host: long)
        var login = LoginPage(action: hostile, execution: hostile)
        login.service = service
        login.failure = .formExpired
        login.username = long
        login.certificateAddress = "https://a.example/\(hostile)"
        var loggedIn = LoggedInPage(
            user: long, since: Instant(milliseconds: 0), method: .certificate,
            until: Instant(milliseconds: .max), logoutAddress: hostile)
        loggedIn.attributes = Attributes([(hostile, [long, "x"]), (long, [hostile])])
        var loggedOut = LoggedOutPage(loginAddress: "/\(hostile)")
        loggedOut.continuation = (service, "https://a.example/\(hostile)")
        return [
            Sample(name: "hostile-login", html: pages.login(login)),
            Sample(name: "hostile-logged-in", html: pages.loggedIn(loggedIn)),
            Sample(name: "hostile-logged-out", html: pages.loggedOut(loggedOut)),
            Sample(
                name: "hostile-not-registered",
                html: pages.notRegistered(NotRegisteredPage(host: long, incident: hostile))),
            Sample(
                name: "hostile-access-denied",
                html: pages.accessDenied(
                    AccessDeniedPage(
                        user: long, service: service, logoutAddress: hostile, incident: hostile))),
            Sample(
                name: "hostile-error",
                html: pages.error(ErrorPage(reason: .notFound, incident: hostile))),
        ]
    }
}

/// Checks that tags are balanced, attributes quoted and unique, and characters escaped.
private enum WellFormed {
    /// The first fault, or `nil` if there is none.
    static func fault(in document: String) -> String? {
        var open: [Substring] = []
        var ids: Set<Substring> = []
        var rest = document.dropFirst("<!DOCTYPE html>\n".count)
        while let character = rest.first {
            guard character == "<" else {
                let text = rest.prefix { $0 != "<" }
                if let fault = fault(inText: text) { return fault }
                rest = rest.dropFirst(text.count)
                continue
            }
            guard let end = rest.firstIndex(of: ">") else { return "unclosed <" }
            let tag = rest[..<end].dropFirst()
            rest = rest[rest.index(after: end)...]
            if tag.hasPrefix("/") {
                guard open.popLast() == tag.dropFirst() else { return "unexpected <\(tag)>" }
                continue
            }
            let name = tag.prefix { $0.isLetter || $0.isNumber }
            let attributes = tag.dropFirst(name.count).drop { $0 == "/" && tag.count == name.count }
            if let fault = fault(inAttributes: attributes, ids: &ids) { return "\(name): \(fault)" }
            let isVoid = ["meta", "link", "input"].contains(name)
            if isVoid && !tag.hasSuffix("/") { return "<\(name)> without end" }
            if !tag.hasSuffix("/") { open.append(name) }
        }
        return open.isEmpty ? nil : "open at the end: \(open)"
    }

    private static func fault(inText text: Substring) -> String? {
        if text.contains(">") { return "> in \(text)" }
        for part in text.split(separator: "&", omittingEmptySubsequences: false).dropFirst() {
            let name = part.prefix { $0 != ";" }
            guard ["amp", "lt", "gt", "quot", "#39"].contains(name), part.count > name.count
            else { return "& in \(text)" }
        }
        return nil
    }

    private static func fault(
        inAttributes source: Substring, ids: inout Set<Substring>
    ) -> String? {
        var rest = source
        var names: Set<Substring> = []
        while rest.first == " " {
            rest = rest.dropFirst()
            let name = rest.prefix { $0 != "=" && $0 != " " }
            rest = rest.dropFirst(name.count)
            guard rest.hasPrefix("=\"") else { return "\(name) without a quoted value" }
            let value = rest.dropFirst(2).prefix { $0 != "\"" }
            rest = rest.dropFirst(value.count + 3)
            if let fault = fault(inText: value) { return fault }
            guard names.insert(name).inserted else { return "\(name) twice" }
            if name == "id" && !ids.insert(value).inserted { return "id \(value) twice" }
        }
        return rest.isEmpty || rest == "/" ? nil : "unexpected \(rest)"
    }
}
