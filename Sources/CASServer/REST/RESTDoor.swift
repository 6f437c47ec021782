internal import HTTP
internal import Platform

/// Who may use REST at all: by the address, and from pages of which other origins.
struct RESTDoor: Sendable {
    /// Empty: everybody.
    let networks: [Network]
    /// Exact origins, for example `https://app.example.org`.
    let origins: [String]
    let preflightMaxAge: Duration

    init(_ rest: Configuration.REST) {
        networks = rest.networks
        origins = rest.cors.origins
        preflightMaxAge = rest.cors.maxAge
    }

    func admits(_ request: Request) -> Bool {
        guard !networks.isEmpty else { return true }
        guard let address = IPAddress(request.gateway.remoteAddress) else { return false }
        return networks.contains { $0.contains(address) }
    }

    /// The answer to a browser that asks before it sends a page's request (Fetch standard
    /// §4.8); `nil` if that is not what is asked.
    func preflight(_ request: Request, allowed: String) -> Response? {
        guard request.method == .options, !origins.isEmpty, request.headers["Origin"] != nil,
            request.headers["Access-Control-Request-Method"] != nil
        else { return nil }
        var response = Response(.noContent)
        response.set("Allow", allowed)
        response.set("Access-Control-Allow-Methods", allowed)
        response.set(
            "Access-Control-Allow-Headers", "Accept, Authorization, Content-Type, If-Match")
        response.set("Access-Control-Max-Age", "\(preflightMaxAge.components.seconds)")
        return response
    }

    /// Lets the page that sent the request read the answer, if its origin is listed.
    ///
    /// Never with the browser's own credentials, its cookies and certificates.
    func open(_ response: inout Response, to request: Request) {
        guard !origins.isEmpty else { return }
        response.set("Vary", "Origin")
        guard let origin = request.headers["Origin"], origins.contains(origin) else { return }
        response.set("Access-Control-Allow-Origin", origin)
        response.set("Access-Control-Expose-Headers", "ETag, Location, Retry-After")
    }
}
