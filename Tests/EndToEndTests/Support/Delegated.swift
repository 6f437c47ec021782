import Foundation
import Platform
import TestSupport
import Testing

/// casd with two upstreams, casd itself and django-cas-server, and an application behind it.
///
/// It is `127.0.0.1` to browsers and the upstreams are `localhost`, for cookies do not tell ports
/// apart.
final class Delegated: Sendable {
    @TaskLocal static var current: Delegated?

    let campus: Deployment
    let django: Application
    let site: Deployment
    let application: Receiver

    init(campus: Deployment) throws {
        self.campus = campus
        django = try Application(script: "django_server.py", campus)
        application = try Receiver()
        site = try Deployment(
            configuration: Self.chooser(campus, django), host: "127.0.0.1", relative: campus)
    }

    /// Both upstreams; people choose.
    static func chooser(_ campus: Deployment, _ django: Application) -> String {
        """
        authentication:
          delegated:
            - name: campus
              label: The Campus
              login_url: \(campus.base)/login
              principal: { attribute: mail }
              attributes: { prefix: campus_ }
            - name: django
              label: Django & Co
              login_url: https://localhost:\(django.port)/cas/login
              protocol: cas2
              principal: { suffix: "@django" }
              attributes: { prefix: dj_, names: { nom: sn, alias: alias, missing: nothing } }
        """
    }

    /// One upstream; nobody is asked.
    static func automatic(_ campus: Deployment) -> String {
        """
        authentication:
          delegated:
            - name: campus
              label: The Campus
              login_url: \(campus.base)/login
              auto_redirect: true
              forward_logout: true
        """
    }

    /// Takes a browser to an application, by way of one of the upstreams.
    func enter(
        _ browser: Browser, through provider: String, _ service: String? = nil
    ) throws -> Visit {
        let page = try browser.visit(
            site.base + Browser.login(service ?? application.service("answer")))
        let start = try #require(
            page.answer.body.between("href=\"/cas/delegated/\(provider)", "\""),
            "\(page.answer.body)")
        let upstream = try browser.visit(
            "https://127.0.0.1:\(site.port)/cas/delegated/\(provider)" + start.unescaped)
        guard upstream.answer.body.contains("name=\"password\"") else { return upstream }
        return provider == "django"
            ? try browser.send(upstream, [("username", "test"), ("password", "test")])
            : try browser.logIn(at: upstream)
    }

    /// What casd says about the ticket with which a browser has come to the application.
    func validate(_ visit: Visit) throws -> Answer {
        let ticket = try #require(visit.address.components(separatedBy: "ticket=").last)
        let service = visit.address.replacing("&ticket=" + ticket, with: "")
        return try site.curl(
            "/p3/serviceValidate?service=\(encoded(service))&ticket=\(ticket)")
    }
}

/// Runs a suite with a ``Delegated``, and looks through its logs for secrets at the end.
struct DelegatedTrait: SuiteTrait, TestScoping {
    var isRecursive: Bool { false }

    func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        guard Python.has("cas_server") else { return try await function() }
        let delegated = try Delegated(campus: EndToEnd.site)
        defer { delegated.site.end() }
        try await Delegated.$current.withValue(delegated) { try await function() }
        let leaks = try delegated.site.leaks()
        #expect(leaks.isEmpty, "no log may hold a ticket or a password")
    }
}

extension Trait where Self == DelegatedTrait {
    /// With a casd that has upstreams.
    static var delegated: Self { DelegatedTrait() }
}
