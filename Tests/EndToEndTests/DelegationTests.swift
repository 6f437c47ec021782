import Foundation
import Glibc
import Platform
import TestSupport
import Testing

extension EndToEnd {
    @Suite(
        "Login at another CAS server",
        .enabled(
            if: Python.has("cas_server"), "django-cas-server is missing: deploy/test installs it"),
        .serialized, .delegated)
    struct DelegatedLogin {
        private func scene() throws -> Delegated {
            try #require(Delegated.current, "the upstreams did not start")
        }

        // MARK: Login

        @Test func `the login page offers the upstreams beside the password`() throws {
            let scene = try scene()
            let page = try scene.site.curl(Browser.login("https://app.example.org/?a=1&b=2"))
            #expect(page.body.contains("name=\"password\""))
            #expect(page.body.contains("The Campus"))
            #expect(page.body.contains("Django &amp; Co"))
        }

        @Test func `django-cas-server vouches, with attributes mapped and prefixed`() throws {
            let scene = try scene()
            let browser = try scene.site.browser()
            let log = scene.site.log
            let shown = try scene.enter(browser, through: "django")
            #expect(shown.answer.body == "the application", "\(shown) \(log.text)")
            #expect(shown.address.hasPrefix(scene.application.service("answer") + "&ticket=ST-"))
            #expect(
                shown.addresses.contains { $0.hasPrefix(scene.site.base + "/delegated/django?") })

            let valid = try scene.validate(shown).body
            #expect(valid.contains("<cas:user>test@django</cas:user>"), "\(valid)")
            #expect(valid.contains("<cas:dj_sn>Nymous</cas:dj_sn>"))
            #expect(
                valid.contains("<cas:dj_alias>demo1</cas:dj_alias>")
                    && valid.contains("<cas:dj_alias>demo2</cas:dj_alias>"))
            for absent in ["prenom", "email", "nothing"] { #expect(!valid.contains(absent)) }
            #expect(valid.contains("<cas:isFromNewLogin>true</cas:isFromNewLogin>"))

            let second = try browser.visit(
                scene.site.base + Browser.login(scene.application.service("second")))
            #expect(second.addresses.count == 2, "single sign-on, without the upstream")
            #expect(try scene.validate(second).body.contains("<cas:user>test@django</cas:user>"))
        }

        @Test func `casd vouches for casd, and an attribute names the user`() throws {
            let scene = try scene()
            let browser = try scene.site.browser()
            let shown = try scene.enter(browser, through: "campus")
            #expect(shown.answer.body == "the application", "\(shown)")
            let valid = try scene.validate(shown).body
            #expect(valid.contains("<cas:user>casuser@example.org</cas:user>"), "\(valid)")
            #expect(valid.contains("<cas:campus_sn>User</cas:campus_sn>"))
            #expect(valid.count(of: "<cas:campus_memberOf>") == 2)
            #expect(!valid.contains("campus_isFromNewLogin"))

            // The upstream's own single sign-on takes another browser tab through at once.
            _ = try browser.plain(scene.site.base + "/logout")
            let again = try scene.enter(browser, through: "campus")
            #expect(again.answer.body == "the application")
        }

        @Test func `a login without a service ends at casd's own page`() throws {
            let scene = try scene()
            let browser = try scene.site.browser()
            let upstream = try browser.visit(scene.site.base + "/delegated/django")
            let shown = try browser.send(
                upstream, [("username", "test"), ("password", "test")])
            #expect(shown.answer.status == 200)
            #expect(shown.answer.body.contains("test@django"), "\(shown)")
        }

        // MARK: What goes wrong

        @Test func `the way back works in the browser that went, and nowhere else`() throws {
            let scene = try scene()
            let browser = try scene.site.browser()
            let wayBack = try callback(browser, scene)
            let ticket = try upstreamTicket(scene, for: wayBack)

            let log = scene.site.log
            let stranger = try scene.site.browser()
            let stolen = try stranger.plain(wayBack + "&ticket=" + ticket)
            #expect(stolen.status == 403)
            #expect(stranger.cookies["TGC"] == nil)
            #expect(log.has("\"reason\":\"state foreign\""), "\(log.text)")
            #expect(try browser.plain(wayBack + "x&ticket=" + ticket).status == 403)
            let crossed = wayBack.replacing("/delegated/campus", with: "/delegated/django")
            #expect(try browser.plain(crossed + "&ticket=" + ticket).status == 403)

            let own = try browser.visit(wayBack + "&ticket=" + ticket)
            #expect(own.answer.body == "the application", "\(own)")
            let again = try scene.site.browser()
            _ = try callback(again, scene)
            #expect(try again.plain(wayBack + "&ticket=" + ticket).status == 403)
        }

        @Test func `a ticket that the upstream refuses logs nobody in`() throws {
            let scene = try scene()
            for provider in ["campus", "django"] {
                let browser = try scene.site.browser()
                let log = scene.site.log
                let wayBack = try callback(browser, scene, provider)
                let refused = try browser.plain(wayBack + "&ticket=ST-invented")
                #expect(refused.status == 403)
                #expect(log.has("\"reason\":\"upstream refused the ticket\""), "\(log.text)")
                let empty = try browser.plain(wayBack)
                #expect(empty.status == 403)
                #expect(log.has("\"reason\":\"came back without a ticket\""))
                #expect(browser.cookies["TGC"] == nil)
            }
            #expect(try scene.site.curl("/delegated/nobody?service=x").status == 404)
        }

        @Test func `an upstream that is down is said to be down`() throws {
            let scene = try scene()
            let other = try Deployment(
                configuration: """
                    authentication:
                      delegated:
                        - name: gone
                          label: Gone
                          login_url: https://localhost:\(freePorts())/cas/login
                    """, host: "127.0.0.1", relative: scene.campus)
            defer { other.end() }
            let browser = try other.browser()
            let started = try browser.plain(other.base + "/delegated/gone")
            let login = try #require(started["Location"])
            let wayBack = try #require(
                URLComponents(string: login)?.queryItems?.first { $0.name == "service" }?.value)
            let log = other.log
            let page = try browser.plain(wayBack + "&ticket=ST-x")
            #expect(page.status == 503)
            #expect(page.body.contains("Gone"))
            #expect(log.has("\"reason\":\"upstream unreachable\""), "\(log.text)")
        }

        @Test func `a service may say who vouches for its users`() throws {
            let scene = try scene()
            try scene.site.define(
                "OnlyCampus-2001", Self.definition("only", providers: "\"campus\""))
            let page = try scene.site.curl(Browser.login(only(scene)))
            #expect(page.body.contains("The Campus"))
            #expect(!page.body.contains("Django"))
            #expect(!page.body.contains("name=\"password\""))
            let log = scene.site.log
            let refused = try scene.site.curl(
                "/delegated/django?service=" + encoded(only(scene)))
            #expect(refused.status == 403)
            #expect(log.has("\"reason\":\"provider not allowed\""))

            // Nor does a session that came from elsewhere open it.
            let browser = try scene.site.browser()
            _ = try scene.enter(browser, through: "django")
            let entered = try browser.plain(scene.site.base + Browser.login(only(scene)))
            #expect(entered["Location"]?.contains("ticket=") != true, "\(entered)")
        }

        private func only(_ scene: Delegated) -> String { scene.application.service("only") }

        private static func definition(_ path: String, providers: String) -> String {
            """
            {
              "@class": "org.apereo.cas.services.CasRegisteredService",
              "serviceId": "^http://127\\\\.0\\\\.0\\\\.1:\\\\d+/\(path)/.*$",
              "name": "Restricted", "id": 2001, "evaluationOrder": 1,
              "accessStrategy": {
                "@class": "org.apereo.cas.services.DefaultRegisteredServiceAccessStrategy",
                "delegatedAuthenticationPolicy": {
                  "@class":
                    "org.apereo.cas.services.DefaultRegisteredServiceDelegatedAuthenticationPolicy",
                  "allowedProviders": ["java.util.ArrayList", [\(providers)]],
                  "permitUndefined": false, "exclusive": true
                }
              }
            }
            """
        }

        // MARK: Logout

        @Test(arguments: ["django", "campus"])
        func `the upstream's logout ends our session, and reaches our service`(
            provider: String
        ) throws {
            let scene = try scene()
            let browser = try scene.site.browser()
            let service = scene.application.service("answer-" + provider)
            let shown = try scene.enter(browser, through: provider, service)
            let ticket = try #require(shown.address.components(separatedBy: "ticket=").last)
            #expect(try scene.validate(shown).body.contains("authenticationSuccess"))

            let address =
                provider == "django"
                ? "https://localhost:\(scene.django.port)/cas" : scene.campus.base
            #expect(try browser.plain(address + "/logout").status == 200)
            let log = scene.site.log
            let messages = try scene.application.messages("/answer-\(provider)/", count: 1)
            #expect(messages.map(\.sessionIndex) == [ticket], "\(log.text)")
            let isOut = try eventually {
                try browser.plain(scene.site.base + "/login").body.contains("name=\"password\"")
            }
            #expect(isOut, "\(log.text)")
        }

        @Test func `logout messages for tickets that are not the upstream's do nothing`() throws {
            let scene = try scene()
            let browser = try scene.site.browser()
            let wayBack = try callback(browser, scene)
            let foreign = try upstreamTicket(scene, for: wayBack)
            let shown = try browser.visit(wayBack + "&ticket=" + foreign)
            let own = try #require(shown.address.components(separatedBy: "ticket=").last)
            _ = try scene.validate(shown)

            let real = Self.message(foreign)
            let doubled = real.replacing(
                "</samlp:SessionIndex>",
                with: "</samlp:SessionIndex><samlp:SessionIndex>ST-x</samlp:SessionIndex>")
            let entity =
                "<!DOCTYPE x [<!ENTITY t \"\(foreign)\">]>"
                + real.replacing(foreign, with: "&t;")
            let forged = [
                ("campus", Self.message(own)), ("campus", Self.message("ST-invented")),
                ("django", real), ("campus", doubled), ("campus", entity), ("campus", "x"),
                ("campus", real.replacing("SAML:2.0:protocol", with: "SAML:2.0:protokoll")),
            ]
            for (provider, message) in forged {
                let answer = try scene.site.curl.post(
                    "/delegated/" + provider, [("logoutRequest", message)])
                #expect([204, 400].contains(answer.status), "\(answer)")
            }
            let inQuery = try scene.site.curl.post(
                "/delegated/campus?logoutRequest=" + encoded(real), [("x", "y")])
            #expect(inQuery.status == 400)
            let stays = try browser.plain(scene.site.base + "/login")
            #expect(stays.body.contains("casuser@example.org"), "the session is still there")

            let answer = try scene.site.curl.post(
                "/delegated/campus?state=x", [("logoutRequest", real)])
            #expect(answer.status == 204)
            let gone = try browser.plain(scene.site.base + "/login")
            #expect(gone.body.contains("name=\"password\""), "the upstream's own word counts")
        }

        private static func message(_ ticket: String) -> String {
            "<samlp:LogoutRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"LR-1\""
                + " Version=\"2.0\" IssueInstant=\"2026-01-01T00:00:00Z\"><saml:NameID"
                + " xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">@NOT_USED@</saml:NameID>"
                + "<samlp:SessionIndex>\(ticket)</samlp:SessionIndex></samlp:LogoutRequest>"
        }

        @Test func `one upstream can be automatic, and our logout can lead on to its`() throws {
            let scene = try scene()
            let campus = scene.campus
            try scene.site.configure(Delegated.automatic(campus))
            try scene.site.start()
            defer {
                try? scene.site.configure(Delegated.chooser(campus, scene.django))
                try? scene.site.start()
            }
            let browser = try scene.site.browser()
            let service = scene.application.service("answer-automatic")
            let asked = try browser.visit(scene.site.base + Browser.login(service))
            #expect(asked.address.hasPrefix(campus.base + "/login?service="))
            let shown = try browser.logIn(at: asked)
            #expect(shown.answer.body == "the application", "\(shown)")
            #expect(try scene.validate(shown).body.contains("<cas:user>casuser</cas:user>"))

            let stranger = try scene.site.browser().plain(
                scene.site.base + Browser.login(service) + "&gateway=true")
            #expect(stranger["Location"] == service, "gateway asks nobody, not even the upstream")

            let out = try browser.visit(scene.site.base + "/logout")
            #expect(out.addresses.contains { $0.hasPrefix(campus.base + "/logout") }, "\(out)")
            #expect(out.answer.status == 200)
            #expect(browser.cookies["TGC"] == nil, "neither server knows the browser any more")
            #expect(try browser.plain(campus.base + "/login").body.contains("name=\"password\""))
            let messages = try scene.application.messages("/answer-automatic/", count: 1)
            #expect(messages.count == 1)
        }

        // MARK: The steps one by one

        /// Goes to an upstream, and returns the address to which it would send the browser back.
        private func callback(
            _ browser: Browser, _ scene: Delegated, _ provider: String = "campus"
        ) throws -> String {
            let started = try browser.plain(
                scene.site.base + "/delegated/\(provider)?service="
                    + encoded(scene.application.service("answer")))
            let login = try #require(started["Location"], "\(started)")
            return try #require(
                URLComponents(string: login)?.queryItems?.first { $0.name == "service" }?.value)
        }

        /// A ticket of the upstream casd for that address.
        private func upstreamTicket(_ scene: Delegated, for callback: String) throws -> String {
            try scene.campus.ticket(of: scene.campus.session(), for: callback)
        }
    }
}
