internal import CASProtocol
internal import HTTP

/// The cookies that casd keeps in a browser: the ticket-granting cookie (CAS 3.0 §3.6), the one
/// that a login form is bound to, and the one by which a device is known.
struct SessionCookies: Sendable {
    private let path: String
    private let ticketGrantingCookie: String
    /// For the whole host, so that no neighbour can plant one: a planted one would let a foreign
    /// login form pass.
    private static let formCookie = "__Host-casd-login"
    /// Apereo's name.
    private static let warningCookie = "CASPRIVACY"
    private let deviceCookie: String
    private let sealer: Sealer

    /// - Parameter prefixes: The paths under which casd is served; with several, or with the whole
    ///   host, the cookies are for the whole host.
    init(prefixes: [String], sealer: Sealer) {
        let isNarrow = prefixes.count == 1 && prefixes.first != ""
        path = isNarrow ? prefixes[0] : "/"
        // `__Host-` makes browsers refuse the cookie from any other host, but demands the path `/`.
        ticketGrantingCookie = isNarrow ? "TGC" : "__Host-TGC"
        deviceCookie = isNarrow ? "casd-device" : "__Host-casd-device"
        self.sealer = sealer
    }

    /// The sessions that the browser's cookies point to; more than one only if somebody planted
    /// some.
    func sessions(of request: Request) -> [TicketID] {
        request.headers.cookies(ticketGrantingCookie).compactMap { value in
            guard let bytes = sealer.open(value, for: .ticketGrantingCookie),
                let text = String(validating: bytes, as: UTF8.self), let id = TicketID(text),
                id.kind == .ticketGrantingTicket
            else { return nil }
            return id
        }
    }

    /// Whether the browser sends a ticket-granting cookie, good or bad.
    func hasSessionCookie(_ request: Request) -> Bool {
        !request.headers.cookies(ticketGrantingCookie).isEmpty
    }

    /// - Parameter maxAge: How long the browser keeps it; `nil` until it is closed.
    func session(_ id: TicketID, maxAge: Duration? = nil) throws -> SetCookie {
        SetCookie(
            name: ticketGrantingCookie,
            value: try sealer.seal(Array(id.wireValue.utf8), for: .ticketGrantingCookie),
            path: path, maxAgeSeconds: maxAge.map { Int($0.components.seconds) })
    }

    var endedSession: SetCookie {
        SetCookie(name: ticketGrantingCookie, value: "", path: path, maxAgeSeconds: 0)
    }

    /// Whether the user wants to be asked before each service (CAS 3.0 §2.2.1 `warn`).
    func wantsWarning(_ request: Request) -> Bool {
        request.headers.cookies(Self.warningCookie).contains("true")
    }

    var warning: SetCookie {
        SetCookie(name: Self.warningCookie, value: "true", path: path)
    }

    var endedWarning: SetCookie {
        SetCookie(name: Self.warningCookie, value: "", path: path, maxAgeSeconds: 0)
    }

    /// The values of the form cookie that can be ours.
    func formBindings(of request: Request) -> [String] {
        request.headers.cookies(Self.formCookie).filter(LoginForm.isBinding)
    }

    func form(binding: String) -> SetCookie {
        SetCookie(name: Self.formCookie, value: binding, path: "/")
    }

    /// What the browser says of the device that it runs on; more than one only if somebody planted
    /// some.
    func devices(of request: Request) -> [KnownDevice] {
        // At most eight values, which are all opened, or planted ones would hide the good one.
        let devices = request.headers.cookies(deviceCookie).compactMap { value in
            sealer.open(value, for: .knownDevice).flatMap(KnownDevice.init)
        }
        return Array(devices.prefix(Self.devicesMax))
    }

    private static let devicesMax = 4

    func device(_ device: KnownDevice, maxAge: Duration) throws -> SetCookie {
        SetCookie(
            name: deviceCookie, value: try sealer.seal(device.bytes, for: .knownDevice),
            path: path, maxAgeSeconds: Int(maxAge.components.seconds))
    }
}
