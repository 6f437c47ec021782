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
    /// Decided from the raw parameters alone, before the request is parsed.
    static func mayBlock(method: String, target: String, hasCertificate: Bool) -> Bool {
        let path = target.utf8.prefix { $0 != UInt8(ascii: "?") }
        if method == "POST" {
            return !isValidation(path)
        }
        return hasCertificate && path.suffix(6).elementsEqual("/login".utf8)
    }

    private static func isValidation(_ path: Substring.UTF8View) -> Bool {
        path.suffix(9).elementsEqual("/validate".utf8)
            || path.suffix(16).elementsEqual("/serviceValidate".utf8)
    }

    /// The routes below every prefix.
    static func router(prefixes: [String], withREST: Bool) -> Router<Route> {
        var router = Router<Route>(prefixes: prefixes)
        router.add([.get, .head], "", .home)
        router.add([.get, .head], "/", .home)
        router.add([.get, .head, .post], "/login", .login)
        router.add([.get, .head, .post], "/logout", .logout)
        router.add([.get, .head, .post], "/validate", .validate)
        router.add([.get, .head, .post], "/serviceValidate", .serviceValidate)
        router.add([.get, .head, .post], "/p3/serviceValidate", .p3ServiceValidate)
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
