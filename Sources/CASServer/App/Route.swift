internal import HTTP

/// Where a request leads; the name is used in logs.
enum Route: String, Sendable {
    case home, login, logout
    case validate, serviceValidate, p3ServiceValidate
    case createTicket, grantTicket, ticketStatus, deleteTicket, ticketOptions
    case stylesheet
    case health, readiness

    /// Whether the answer may take long, because a password is hashed or a chain is built.
    ///
    /// Decided from the raw parameters alone, before the request is parsed: whatever may carry
    /// credentials. Granting a ticket from a session must not wait behind logins.
    static func mayBlock(
        method: String, target: String, body: [UInt8], hasCertificate: Bool
    ) -> Bool {
        let path = target.utf8.prefix { $0 != UInt8(ascii: "?") }
        let isLogin = path.suffix(6).elementsEqual("/login".utf8)
        guard method == "POST" else { return isLogin && hasCertificate }
        if isLogin || path.suffix(8).elementsEqual("/tickets".utf8)
            || path.suffix(9).elementsEqual("/tickets/".utf8)
        {
            return true
        }
        return asksForRenewal(Array(target.utf8)) || asksForRenewal(body)
    }

    /// Whether the raw text may hold the parameter `renew`, however it is encoded.
    private static func asksForRenewal(_ text: [UInt8]) -> Bool {
        let name = Array("renew".utf8)
        guard text.count >= name.count else { return false }
        return text.contains(UInt8(ascii: "%"))
            && (try? Form(text))?.contains("renew") == true
            || (0...(text.count - name.count)).contains { start in
                text[start..<(start + name.count)].elementsEqual(name)
            }
    }

    /// The routes below every prefix.
    static func router(prefixes: [String], withREST: Bool) -> Router<Route> {
        var router = Router<Route>(prefixes: prefixes)
        router.add([.get, .head], "", .home)
        router.add([.get, .head], "/", .home)
        router.add([.get, .head, .post], "/login", .login)
        router.add([.get, .head, .post], "/logout", .logout)
        // No HEAD: it would use up a ticket and say nothing about it.
        router.add([.get, .post], "/validate", .validate)
        router.add([.get, .post], "/serviceValidate", .serviceValidate)
        router.add([.get, .post], "/p3/serviceValidate", .p3ServiceValidate)
        router.add([.get, .head], Stylesheet.path, .stylesheet)
        if withREST {
            for path in ["/v1/tickets", "/v1/tickets/"] {
                router.add([.post], path, .createTicket)
                router.add([.options], path, .ticketOptions)
            }
            router.add([.post], "/v1/tickets/*", .grantTicket)
            router.add([.get, .head], "/v1/tickets/*", .ticketStatus)
            router.add([.delete], "/v1/tickets/*", .deleteTicket)
            router.add([.options], "/v1/tickets/*", .ticketOptions)
        }
        return router
    }
}
