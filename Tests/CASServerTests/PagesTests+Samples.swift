import CASProtocol
import Platform
import Testing

@testable import CASServer

/// A page with sample content.
struct Sample: CustomTestStringConvertible, Sendable {
    let name: String
    let html: String
    var policy = Pages.contentSecurityPolicy
    var isHostile: Bool { name.hasPrefix("hostile") }
    var testDescription: String { name }

    static let pages = Pages(messages: .english, stylesheet: "/cas/assets/casd.css?v=1")

    static let all: [Sample] =
        logins(pages) + entries(pages) + sessions(pages) + refusals(pages)
        + hostilePages(
            Pages(
                messages: .english, stylesheet: "/cas/assets/casd.css?v=1", siteName: hostile))

    static func named(_ name: String) -> Sample {
        all.first { $0.name == name } ?? Sample(name: name, html: "")
    }

    static let library = ServiceLabel(name: "Library catalogue", host: "app.example.org")
    static let since = Instant(milliseconds: 1_777_622_139_123)
    static let execution = String(repeating: "k7Qz", count: 90)

    static let details = ServiceDetails(
        description: "Search, order and renew books and journals of all branches.",
        logo: "data:image/svg+xml;base64," + base64(Array(drawing.utf8)),
        informationUrl: "https://app.example.org/about",
        privacyUrl: "https://app.example.org/privacy",
        contacts: [("Library desk", "desk@example.org"), ("", "books@example.org")])

    private static let drawing = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" \
        rx="6" fill="#7a3b8f"/><path d="M9 8h5v16H9zM16 8h7v16h-7z" fill="#fff"/></svg>
        """

    private static let providers = [
        ProviderChoice(label: "University of Example", address: "/cas/delegate/university"),
        ProviderChoice(
            label: "Research network",
            address: "https://net.example.net/cas/login?service=https%3A%2F%2Fa.example%2F&x=1"),
    ]

    private static func logins(_ pages: Pages) -> [Sample] {
        let plain = LoginPage(
            action: "/cas/login?service=https%3A%2F%2Fapp.example.org%2F", execution: execution)
        var login = plain
        login.service = library
        login.certificateAddress = "https://login.example.org:8444/cas/login"
        var renewal = login
        renewal.occasion = .renewal
        var failed = renewal
        failed.failure = .badCredentials
        failed.username = "casuser"
        var boxes = plain
        boxes.offersRememberMe = true
        boxes.offersWarning = true
        boxes.offersPublicWorkstation = true
        boxes.service = library
        var everything = failed
        everything.occasion = .noSession
        everything.offersRememberMe = true
        everything.offersPublicWorkstation = true
        everything.ticked = [.publicWorkstation]
        everything.providers = providers
        everything.serviceDetails = details
        everything.serviceDetails?.logo = "https://static.example.org:8443/logo.png?v=2"
        var elsewhere = plain
        elsewhere.hasPasswordForm = false
        elsewhere.service = library
        elsewhere.providers = Array(providers.prefix(1))
        elsewhere.serviceDetails = details
        var choice = elsewhere
        choice.providers = providers
        choice.failure = .certificateRefused
        var bound = login
        bound.failure = .boundSession
        var slowed = login
        slowed.failure = .tooManyAttempts
        slowed.username = "casuser"
        slowed.retryAfter = .seconds(28)
        var nothing = elsewhere
        nothing.providers = []
        nothing.serviceDetails = nil
        return [
            ("login-plain", plain), ("login", login), ("login-renewal", renewal),
            ("login-failed", failed), ("login-boxes", boxes), ("login-everything", everything),
            ("login-elsewhere", elsewhere), ("login-choice", choice), ("login-no-way", nothing),
            ("login-bound", bound), ("login-slowed", slowed),
        ].map { Sample(name: $0, html: pages.login($1), policy: $1.contentSecurityPolicy) }
    }

    private static func entries(_ pages: Pages) -> [Sample] {
        let plain = ConfirmEntryPage(
            service: library, action: "/cas/login?service=https%3A%2F%2Fapp.example.org%2F",
            execution: execution, cancelAddress: "/cas/login", user: "casuser")
        var full = plain
        full.details = details
        let post = PostResponsePage(
            address: "https://app.example.org/?a=1&b=2",
            fields: [("ticket", "ST-1-abc"), ("submit", "x")], service: library)
        return [
            Sample(name: "confirm-entry-plain", html: pages.confirmEntry(plain)),
            Sample(
                name: "confirm-entry", html: pages.confirmEntry(full),
                policy: full.contentSecurityPolicy),
            Sample(
                name: "post-response", html: pages.postResponse(post),
                policy: post.contentSecurityPolicy),
        ]
    }

    private static func sessions(_ pages: Pages) -> [Sample] {
        var bare = LoggedInPage(
            user: "casuser", since: since, method: .password, until: since + .seconds(8 * 3600),
            logoutAddress: "/cas/logout")
        bare.method = .certificate
        var loggedIn = bare
        loggedIn.method = .delegated("University of Example")
        loggedIn.isLongTerm = true
        loggedIn.attributes = Attributes([
            ("mail", ["casuser@example.org"]), ("memberOf", ["cn=staff", "cn=library,ou=groups"]),
        ])
        let confirm = ConfirmLogoutPage(
            user: "casuser", action: "/cas/logout", execution: execution, serviceCount: 3,
            cancelAddress: "/cas/login")
        var end = LoggedOutPage(loginAddress: "/cas/login")
        var samples = [
            Sample(name: "logged-in-bare", html: pages.loggedIn(bare)),
            Sample(name: "logged-in", html: pages.loggedIn(loggedIn)),
            Sample(name: "confirm-logout", html: pages.confirmLogout(confirm)),
            Sample(name: "logged-out-bare", html: pages.loggedOut(end)),
        ]
        end.continuation = (library, "https://app.example.org/")
        samples.append(Sample(name: "logged-out", html: pages.loggedOut(end)))
        end.notified = [library, ServiceLabel(name: nil, host: "mail.example.org")]
        end.frontChannel = [
            FrontChannelTarget(
                label: ServiceLabel(name: "Course planner", host: "plan.example.org"),
                address: "https://plan.example.org/out?logoutRequest=%3Cx%3E&a=1")
        ]
        samples.append(
            Sample(
                name: "logged-out-everywhere", html: pages.loggedOut(end),
                policy: end.contentSecurityPolicy))
        return samples
    }

    private static func refusals(_ pages: Pages) -> [Sample] {
        let incident = "7F3A-19C2"
        var denied = AccessDeniedPage(
            user: "casuser", service: library, logoutAddress: "/cas/logout", incident: incident)
        var samples = [
            Sample(
                name: "not-registered",
                html: pages.notRegistered(
                    NotRegisteredPage(host: "unknown.example.net", incident: incident))),
            Sample(name: "access-denied", html: pages.accessDenied(denied)),
            Sample(
                name: "mixed-principals",
                html: pages.mixedPrincipals(
                    MixedPrincipalsPage(
                        currentUser: "casuser", attemptedUser: "alice", service: library,
                        logoutAddress: "/cas/logout", backAddress: "/cas/login?a=1&b=2",
                        incident: incident))),
            Sample(
                name: "error",
                html: pages.error(ErrorPage(reason: .internalError, incident: incident))),
            Sample(
                name: "bad-request",
                html: pages.error(ErrorPage(reason: .credentialsInAddress, incident: incident))),
        ]
        denied.details = details
        let reasons: [(String, AccessDeniedPage.Reason, String?)] = [
            ("not-yet", .notYet(since), nil), ("over", .over, nil),
            ("provider", .providerNotAllowed, "/cas/login?renew=true"),
        ]
        for (name, reason, address) in reasons {
            denied.reason = reason
            denied.loginAddress = address
            samples.append(Sample(name: "access-\(name)", html: pages.accessDenied(denied)))
        }
        for reason in DelegationFailedPage.Reason.allCases {
            let page = DelegationFailedPage(
                provider: "University of Example", reason: reason,
                retryAddress: "/cas/delegate/university?service=x",
                loginAddress: "/cas/login?service=x", incident: incident)
            samples.append(
                Sample(name: "delegation-\(reason)", html: pages.delegationFailed(page)))
        }
        return samples
    }
}
