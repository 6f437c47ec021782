internal import HTTP
internal import Platform

/// Where a request leads; the name is used in logs.
enum Route: String, Sendable {
    case home, login, logout
    case validate, serviceValidate, p3ServiceValidate
    case proxyValidate, p3ProxyValidate, samlValidate, proxy
    case delegated
    case createTicket, grantTicket, ticketStatus, deleteTicket, authenticateUser, restOptions
    case listServices, createService, readService, putService, deleteService
    case describeREST
    case tokenKeySet, tokenPublicKey
    case makeToken, explainToken
    case stylesheet, theme
    case health, readiness

    /// Whether the answer may take long, because a password is hashed, a chain is built, a token
    /// is read or another server is asked.
    ///
    /// Decided from the raw parameters alone, before the request is parsed.
    ///
    /// - Parameters:
    ///   - hasCredential: Whether a certificate or a token comes beside target and body.
    ///   - takesTokens: Whether tokens log in, so that one in the target is looked at.
    static func mayBlock(
        method: String, target: String, hasCredential: Bool, takesTokens: Bool, body: [UInt8]
    ) -> Bool {
        let utf8 = target.utf8
        let bytes = utf8.span
        var pathEnd = 0
        while pathEnd < bytes.count, bytes[pathEnd] != UInt8(ascii: "?") { pathEnd += 1 }
        let path = bytes.extracting(..<pathEnd)
        if isValidation(path) {
            // A proxy callback is another server's affair.
            let query = bytes.extracting(min(pathEnd + 1, bytes.count)...)
            return mayName("pgtUrl", in: query) || mayName("pgtUrl", in: body.span)
        }
        if method != "POST" {
            if hasSuffix(path, "/login") {
                let query = bytes.extracting(min(pathEnd + 1, bytes.count)...)
                return hasCredential || takesTokens && mayName("token", in: query)
            }
            return isBelow("/delegated/", path) || isBelow(tokenAuth, path)
                || isOfServices(path)
        }
        for suffix in ["/logout", "/samlValidate", "/proxy"] where hasSuffix(path, suffix) {
            return false
        }
        let isGrant = pathEnd == bytes.count && isBelowTickets(path)
        return !isGrant || mayName("renew", in: body.span) || isJSON(body.span)
    }

    /// Whether a body may be a JSON object, of which any member may be anything.
    private static func isJSON(_ body: Span<UInt8>) -> Bool {
        var start = 0
        while start < body.count, body[start] <= UInt8(ascii: " ") { start += 1 }
        return start < body.count && body[start] == UInt8(ascii: "{")
    }

    private static func isValidation(_ path: Span<UInt8>) -> Bool {
        // Nearly all requests are told apart by the last letters.
        guard hasSuffix(path, "alidate") else { return false }
        return hasSuffix(path, "/serviceValidate") || hasSuffix(path, "/proxyValidate")
            || hasSuffix(path, "/validate")
    }

    /// Whether a path is one segment below another one, which ends in a slash.
    private static func isBelow(_ parent: String, _ path: Span<UInt8>) -> Bool {
        var end = path.count
        while end > 0, path[end - 1] != UInt8(ascii: "/") { end -= 1 }
        return hasSuffix(path.extracting(..<end), parent)
    }

    /// Whether a path is that of a ticket of the REST interface.
    private static func isBelowTickets(_ path: Span<UInt8>) -> Bool {
        var end = path.count
        while end > 0, path[end - 1] != UInt8(ascii: "/") { end -= 1 }
        return end < path.count && hasSuffix(path.extracting(..<end), "/v1/tickets/")
    }

    /// Whether a path is that of the service definitions of the REST interface, all of which want
    /// credentials.
    private static func isOfServices(_ path: Span<UInt8>) -> Bool {
        var end = path.count
        while end > 0, path[end - 1] != UInt8(ascii: "/") { end -= 1 }
        return hasSuffix(path, "/v1/services")
            || hasSuffix(path.extracting(..<end), "/v1/services/")
    }

    /// Whether a form may have a field of that name; granting a ticket looks at credentials only
    /// with `renew`.
    ///
    /// A name with an escape may be any.
    private static func mayName(_ name: String, in form: Span<UInt8>) -> Bool {
        let utf8 = name.utf8
        let wanted = utf8.span
        var start = 0
        while start < form.count {
            var end = start
            while end < form.count, form[end] != UInt8(ascii: "&"), form[end] != UInt8(ascii: "=") {
                if form[end] == UInt8(ascii: "%") || form[end] == UInt8(ascii: "+") { return true }
                end += 1
            }
            if isEqual(form.extracting(start..<end), wanted) { return true }
            while end < form.count, form[end] != UInt8(ascii: "&") { end += 1 }
            start = end + 1
        }
        return false
    }

    /// What is there only if the configuration says so.
    struct Features: Sendable {
        var hasREST: Bool
        var hasServiceManagement: Bool
        var hasSAML1: Bool
        var hasUpstreams: Bool
        var hasTokenEndpoint: Bool

        init(_ configuration: Configuration) {
            hasREST = configuration.rest.isEnabled
            hasServiceManagement = hasREST && configuration.rest.services != nil
            hasSAML1 = configuration.protocolOptions.saml1.isEnabled
            hasUpstreams = !configuration.authentication.delegated.isEmpty
            hasTokenEndpoint = configuration.jwt.login.hasEndpoint
        }
    }

    private static let tokenAuth = "/actuator/tokenAuth/"

    /// The routes below every prefix.
    static func router(prefixes: [String], features: Features) -> Router<Route> {
        var router = Router<Route>(prefixes: prefixes)
        router.add([.get, .head], "", .home)
        router.add([.get, .head], "/", .home)
        router.add([.get, .head, .post], "/login", .login)
        router.add([.get, .head, .post], "/logout", .logout)
        // No HEAD: it would use up a ticket and say nothing about it.
        router.add([.get, .post], "/validate", .validate)
        router.add([.get, .post], "/serviceValidate", .serviceValidate)
        router.add([.get, .post], "/p3/serviceValidate", .p3ServiceValidate)
        router.add([.get, .head], "/jwks", .tokenKeySet)
        router.add([.get, .head], "/actuator/jwtTicketSigningPublicKey", .tokenPublicKey)
        router.add([.get, .head], Stylesheet.path, .stylesheet)
        router.add([.get, .head], Themes.path + "*", .theme)
        for (path, route) in [
            ("/proxyValidate", Route.proxyValidate), ("/p3/proxyValidate", .p3ProxyValidate),
            ("/proxy", .proxy),
        ] {
            router.add([.get, .post], path, route)
        }
        if features.hasSAML1 { router.add([.post], "/samlValidate", .samlValidate) }
        if features.hasUpstreams { router.add([.get, .head, .post], "/delegated/*", .delegated) }
        if features.hasTokenEndpoint {
            router.add([.post], tokenAuth + "*", .makeToken)
            router.add([.get], tokenAuth + "*", .explainToken)
        }
        if features.hasREST {
            addREST(to: &router)
        }
        if features.hasServiceManagement { addServices(to: &router) }
        return router
    }

    private static func addREST(to router: inout Router<Route>) {
        for path in ["/v1/tickets", "/v1/tickets/"] { router.add([.post], path, .createTicket) }
        router.add([.post], "/v1/tickets/*", .grantTicket)
        router.add([.get, .head], "/v1/tickets/*", .ticketStatus)
        router.add([.delete], "/v1/tickets/*", .deleteTicket)
        router.add([.get, .head], RESTDescription.path, .describeREST)
        for path in ["/v1/users", "/v1/users/"] { router.add([.post], path, .authenticateUser) }
        for path in [
            "/v1/tickets", "/v1/tickets/", "/v1/tickets/*", "/v1/users", "/v1/users/",
            RESTDescription.path,
        ] {
            router.add([.options], path, .restOptions)
        }
    }

    private static func addServices(to router: inout Router<Route>) {
        for path in ["/v1/services", "/v1/services/"] {
            router.add([.get, .head], path, .listServices)
            router.add([.post], path, .createService)
            router.add([.options], path, .restOptions)
        }
        router.add([.get, .head], "/v1/services/*", .readService)
        router.add([.put], "/v1/services/*", .putService)
        router.add([.delete], "/v1/services/*", .deleteService)
        router.add([.options], "/v1/services/*", .restOptions)
    }
}
