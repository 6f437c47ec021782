import CASProtocol
import Platform

@testable import CASServer

extension Sample {
    /// Everything that could leave its place in a page, and what must become of it.
    static let hostile = "\"><script>alert('1')</script>&amp;\u{0}\u{1B}[2J\u{9F}\u{FFFF}\u{202E}"
    static let hostileEscaped =
        "&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;[2J"

    private static let long = hostile + String(repeating: "longword", count: 40)
    private static let service = ServiceLabel(name: long, host: long)
    private static let address = "https://a.example/\(hostile)"

    private static let hostileDetails = ServiceDetails(
        description: long, logo: "https://a.example/\(hostile)", informationUrl: address,
        privacyUrl: "/\(hostile)",
        contacts: [
            (long, hostile), (hostile, "a@b.example?subject=x"), ("", long), (long, "a@b.example"),
        ])

    static func hostilePages(_ pages: Pages) -> [Sample] {
        hostileLogins(pages) + hostileSessions(pages) + hostileRefusals(pages)
    }

    private static func hostileLogins(_ pages: Pages) -> [Sample] {
        var login = LoginPage(action: hostile, execution: hostile)
        login.service = service
        login.failure = .formExpired
        login.username = long
        login.certificateAddress = address
        login.serviceDetails = hostileDetails
        login.providers = [ProviderChoice(label: long, address: address)]
        login.offersRememberMe = true
        let confirm = ConfirmEntryPage(
            service: service, details: hostileDetails, action: hostile, execution: hostile,
            cancelAddress: address, user: long)
        let post = PostResponsePage(
            address: address, fields: [(hostile, long), (long, hostile)], service: service)
        return [
            Sample(
                name: "hostile-login", html: pages.login(login),
                policy: login.contentSecurityPolicy),
            Sample(
                name: "hostile-confirm-entry", html: pages.confirmEntry(confirm),
                policy: confirm.contentSecurityPolicy),
            Sample(
                name: "hostile-post-response", html: pages.postResponse(post),
                policy: post.contentSecurityPolicy),
        ]
    }

    private static func hostileSessions(_ pages: Pages) -> [Sample] {
        var loggedIn = LoggedInPage(
            user: long, since: Instant(milliseconds: 0), method: .delegated(long),
            until: Instant(milliseconds: .max), logoutAddress: hostile)
        loggedIn.attributes = Attributes([(hostile, [long, "x"]), (long, [hostile])])
        let confirm = ConfirmLogoutPage(
            user: long, action: hostile, execution: hostile, serviceCount: .max,
            cancelAddress: address)
        var loggedOut = LoggedOutPage(loginAddress: "/\(hostile)")
        loggedOut.continuation = (service, address)
        loggedOut.notified = [service]
        loggedOut.frontChannel = [FrontChannelTarget(label: service, address: address)]
        return [
            Sample(name: "hostile-logged-in", html: pages.loggedIn(loggedIn)),
            Sample(name: "hostile-confirm-logout", html: pages.confirmLogout(confirm)),
            Sample(
                name: "hostile-logged-out", html: pages.loggedOut(loggedOut),
                policy: loggedOut.contentSecurityPolicy),
        ]
    }

    private static func hostileRefusals(_ pages: Pages) -> [Sample] {
        var denied = AccessDeniedPage(
            user: long, service: service, logoutAddress: hostile, incident: hostile)
        denied.details = hostileDetails
        denied.loginAddress = address
        return [
            Sample(
                name: "hostile-not-registered",
                html: pages.notRegistered(NotRegisteredPage(host: long, incident: hostile))),
            Sample(name: "hostile-access-denied", html: pages.accessDenied(denied)),
            Sample(
                name: "hostile-mixed-principals",
                html: pages.mixedPrincipals(
                    MixedPrincipalsPage(
                        currentUser: long, attemptedUser: long, service: service,
                        logoutAddress: hostile, backAddress: address, incident: hostile))),
            Sample(
                name: "hostile-delegation-failed",
                html: pages.delegationFailed(
                    DelegationFailedPage(
                        provider: long, reason: .refused, retryAddress: address,
                        loginAddress: address, incident: hostile))),
            Sample(
                name: "hostile-error",
                html: pages.error(ErrorPage(reason: .notFound, incident: hostile))),
        ]
    }
}
