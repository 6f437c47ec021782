import Platform
import Testing

@testable import CASServer

@Suite("What a page offers") struct PageChoiceTests {
    private let pages = Sample.pages
    private let library = Sample.library

    @Test func `boxes are there if offered, and unticked unless they were ticked before`() {
        var page = LoginPage(action: "/cas/login", execution: "e1")
        #expect(!pages.login(page).contains("checkbox"))
        page.offersRememberMe = true
        page.offersWarning = true
        page.offersPublicWorkstation = true
        let html = pages.login(page)
        for name in ["rememberMe", "warn", "publicWorkstation"] {
            #expect(html.contains("type=\"checkbox\" name=\"\(name)\" value=\"true\"/>"))
        }
        page.ticked = [.publicWorkstation]
        let again = pages.login(page)
        #expect(again.split(separator: "checked=\"\"").count == 2)
        #expect(again.contains("name=\"publicWorkstation\" value=\"true\" checked=\"\"/>"))
        page.offersPublicWorkstation = false
        #expect(!pages.login(page).contains("checked"))
    }

    @Test func `without a password form there are only the other ways`() {
        var page = LoginPage(action: "/cas/login", execution: "secret-execution")
        page.hasPasswordForm = false
        page.offersRememberMe = true
        page.providers = [ProviderChoice(label: "A & B", address: "/cas/d?x=1&y=2")]
        let one = pages.login(page)
        for absent in ["<form", "<input", "secret-execution", "class=\"or\""] {
            #expect(!one.contains(absent), "\(absent)")
        }
        #expect(
            one.contains(
                "<a class=\"button \" href=\"/cas/d?x=1&amp;y=2\">"
                    + "<span>Log in with <bdi>A &amp; B</bdi></span></a>"))
        page.certificateAddress = "https://c.example/login"
        #expect(pages.login(page).split(separator: "class=\"button quiet\"").count == 3)
        page.providers = []
        page.certificateAddress = "javascript:x"
        #expect(pages.login(page).contains("There is no way to log in"))
    }

    @Test func `each way to log in stands below the form`() {
        var page = LoginPage(action: "/cas/login", execution: "e1")
        page.providers = [
            ProviderChoice(label: "One", address: "/one"),
            ProviderChoice(label: "Bad", address: "javascript:alert(1)"),
            ProviderChoice(label: "Two", address: "https://two.example/"),
        ]
        let html = pages.login(page)
        #expect(html.split(separator: "class=\"or\"").count == 2)
        #expect(html.contains("<bdi>One</bdi>") && html.contains("<bdi>Two</bdi>"))
        #expect(!html.contains("Bad"))
    }

    @Test(arguments: [
        "http://a.example/logo.png", "//a.example/x", "javascript:x", "data:text/html,x",
        "https://", "https://[::1]/x", "https://u@a.example/", "logo.png", "",
    ])
    func `a logo that is not safe to load is not shown`(logo: String) {
        var page = LoginPage(action: "/cas/login", execution: "e1")
        page.serviceDetails = ServiceDetails(logo: logo)
        #expect(!pages.login(page).contains("<img"))
        #expect(page.contentSecurityPolicy == Pages.contentSecurityPolicy)
    }

    @Test func `details are shown where there are any, and nothing where there are none`() {
        var page = LoginPage(action: "/cas/login", execution: "e1")
        let bare = pages.login(page)
        page.serviceDetails = ServiceDetails()
        #expect(pages.login(page) == bare)
        page.serviceDetails = ServiceDetails(
            description: "Books & more", informationUrl: "javascript:x",
            privacyUrl: "https://a.example/p",
            contacts: [("Desk", "desk@a.example"), ("Bad", "a@b.example?cc=c@d.example"), ("", "")])
        let html = pages.login(page)
        #expect(html.contains("<bdi>Books &amp; more</bdi>"))
        #expect(html.contains("<a href=\"https://a.example/p\">Privacy</a>"))
        #expect(html.contains("<a href=\"mailto:desk@a.example\"><bdi>Desk</bdi></a>"))
        #expect(html.contains("<li><bdi>Bad</bdi></li>") && !html.contains("javascript"))
        #expect(html.split(separator: "<li>").count == 3)
    }

    @Test func `the confirmation posts what it was given and can be cancelled`() {
        let page = ConfirmEntryPage(
            service: library, action: "/cas/login?a=1&b=2", execution: "e2",
            cancelAddress: "/cas/login", user: "casuser")
        let html = pages.confirmEntry(page)
        for part in [
            "<form method=\"post\" action=\"/cas/login?a=1&amp;b=2\">",
            "<input type=\"hidden\" name=\"execution\" value=\"e2\"/>",
            "<input type=\"hidden\" name=\"_eventId\" value=\"proceed\"/>",
            "<input type=\"checkbox\" name=\"ignorewarn\" value=\"true\"/>",
            "href=\"/cas/login\"><span>Cancel</span></a>", "<bdi>app.example.org</bdi>",
        ] {
            #expect(html.contains(part), "\(part)")
        }
    }

    @Test func `the posted answer keeps its fields in order and has a button`() {
        let html = Sample.named("post-response").html
        #expect(
            html.contains(
                """
                <form method="post" action="https://app.example.org/?a=1&amp;b=2">
                <input type="hidden" name="ticket" value="ST-1-abc"/>
                <input type="hidden" name="submit" value="x"/>
                <button class="button" type="submit">Continue</button>
                </form>
                """))
    }

    @Test(arguments: ["javascript:alert(1)", "/cas/login", "app://x", "data:text/html,x", ""])
    func `nothing is posted to an address that is not http`(address: String) {
        let html = pages.postResponse(PostResponsePage(address: address, fields: [("ticket", "x")]))
        #expect(!html.contains("<form") && !html.contains("<script") && !html.contains("ticket"))
        #expect(html.contains("class=\"alert\""))
    }

    @Test func `the logout says how much it ends`() {
        var page = ConfirmLogoutPage(
            user: "casuser", action: "/cas/logout", execution: "e3", serviceCount: 0,
            cancelAddress: "/cas/login")
        #expect(!pages.confirmLogout(page).contains("You will also"))
        page.serviceCount = 1
        #expect(pages.confirmLogout(page).contains("of the application that you have used"))
        page.serviceCount = 12
        let html = pages.confirmLogout(page)
        #expect(html.contains("the 12 applications that you have used"))
        #expect(html.contains("<input type=\"hidden\" name=\"execution\" value=\"e3\"/>"))
        #expect(html.contains("href=\"/cas/login\"><span>Stay logged in</span></a>"))
    }

    @Test func `after the logout the services are named once each, and frames come last`() {
        var page = LoggedOutPage(loginAddress: "/cas/login")
        #expect(!pages.loggedOut(page).contains("<ul"))
        page.notified =
            [library, library] + (0..<30).map { ServiceLabel(name: nil, host: "h\($0)") }
        page.frontChannel = [
            FrontChannelTarget(label: library, address: "https://app.example.org/out?a=1&b=2"),
            FrontChannelTarget(
                label: ServiceLabel(name: nil, host: "bad"), address: "javascript:x"),
        ]
        let html = pages.loggedOut(page)
        #expect(html.split(separator: "<li>").count == 22)
        #expect(html.contains("<li>and 11 more</li>") && html.contains("in the background"))
        #expect(html.split(separator: "app.example.org").count == 3)
        #expect(!html.contains("javascript"))
        #expect(
            html.contains(
                "<iframe hidden=\"\" title=\"\" sandbox=\"allow-scripts allow-same-origin\" "
                    + "referrerpolicy=\"no-referrer\" "
                    + "src=\"https://app.example.org/out?a=1&amp;b=2\"></iframe>"))
        let ways = html.split(separator: "class=\"ways\"")
        #expect(ways.count == 2 && ways[1].contains("<iframe") && !ways[0].contains("<iframe"))
    }

    @Test func `a refusal says what can be done about it`() {
        let notYet = Sample.named("access-not-yet").html
        #expect(notYet.contains("opens on <time datetime=\"2026-05-01T07:55:39.123Z\">"))
        let names = ["access-denied", "access-not-yet", "access-over", "access-provider"]
        #expect(Set(names.map { Sample.named($0).html }).count == 4)
        #expect(Sample.named("access-provider").html.contains("href=\"/cas/login?renew=true\""))
        #expect(Sample.named("access-over").html.contains("mailto:desk@example.org"))
        for reason in DelegationFailedPage.Reason.allCases {
            let html = Sample.named("delegation-\(reason)").html
            #expect(html.contains("Incident <code>7F3A-19C2</code>"))
            #expect(
                html.contains("href=\"/cas/login?service=x\"><span>Log in another way</span></a>"))
            #expect(html.contains("Try again</span></a>") == (reason != .notAllowed))
        }
        let mixed = Sample.named("mixed-principals").html
        #expect(mixed.contains("<form method=\"get\" action=\"/cas/logout\">"))
        #expect(
            mixed.contains(
                "href=\"/cas/login?a=1&amp;b=2\"><span>Stay logged in as <bdi>casuser</bdi>"))
    }

    @Test func `the page of a session says how and until when`() {
        let html = Sample.named("logged-in").html
        #expect(html.contains("<dd><bdi>University of Example</bdi></dd>"))
        #expect(html.contains("Remembered until") && !html.contains("Session ends"))
        #expect(Sample.named("logged-in-bare").html.contains("Session ends"))
    }

    @Test func `pages for people use no words of the protocol`() {
        let words = ["delegat", "principal", "service ticket", "front channel", "upstream", "TGT"]
        for sample in Sample.all where !sample.isHostile {
            var text = ""
            for part in sample.html.split(separator: ">") { text += part.prefix { $0 != "<" } }
            for word in words { #expect(!text.contains(word), "\(sample.name): \(word)") }
        }
    }
}
