internal import CASProtocol
internal import JOSE
internal import JSON
internal import Platform
internal import SSO
internal import Services
internal import Tickets

/// Tickets that are JSON Web Tokens: service tickets for services that want them, and
/// ticket-granting tickets over REST.
struct TicketTokens: Sendable {
    /// Why there is no token; nothing of it is for the client.
    struct Failure: Error {
        let reason: String
    }

    /// The longest token of a session; it has to fit into a request line, for which the gateway
    /// has 16 KiB.
    private static let pathBytesMax = 15 << 10

    let keys: TokenKeyCatalog
    let serviceKeys: ServiceTokenKeys
    /// The `iss` of every token.
    let issuer: String
    /// The `aud` of ticket-granting tokens: this server.
    let publicURL: String
    /// How long a service's token is good, unless its definition says otherwise.
    let lifetime: Duration
    /// The request parameters that may become claims of a ticket-granting token.
    let claimsFromRequest: [String]
    let sendsRedirectParameter: Bool
    let random: RandomBytes

    init(
        _ configuration: Configuration, keys: TokenKeyCatalog, random: @escaping RandomBytes
    ) {
        let jwt = configuration.jwt
        self.keys = keys
        serviceKeys = ServiceTokenKeys(jwt)
        publicURL = configuration.server.publicURL.text
        issuer = jwt.issuer ?? publicURL
        lifetime = jwt.serviceTicketLifetime ?? configuration.tickets.serviceTicketLifetime
        claimsFromRequest = jwt.claimsFromRequest
        sendsRedirectParameter = jwt.sendsRedirectParameter
        self.random = random
    }

    // MARK: Service tickets

    /// What the tokens of a service are made with, looked up before anything is granted.
    func writer(
        for registered: RegisteredService, at now: Instant
    ) throws(Failure) -> TokenWriter {
        do throws(TokenKeyFault) {
            return try serviceKeys.material(for: registered, at: now)?.writer
                ?? keys.current.writer
        } catch {
            throw Failure(reason: "the keys of '\(registered.name)': \(error)")
        }
    }

    /// The token that a service gets instead of a ticket.
    ///
    /// - Parameter ticket: The service ticket, which has been used up for the assertion.
    func token(
        for service: ServiceURL, registered: RegisteredService, ticket: TicketID,
        _ assertion: Assertion, with writer: TokenWriter, at now: Instant
    ) throws(Failure) -> String {
        var claims = TicketClaims(
            subject: assertion.user, issuer: issuer, audience: service.text,
            identifier: ticket.wireValue, issuedAt: now,
            expiry: now + (registered.lifetimes.serviceTicket ?? lifetime))
        if assertion.showsEvent {
            claims.add(assertion.event, isFromNewLogin: assertion.isFromNewLogin)
        }
        claims.add(assertion.attributes)
        return try write(claims, with: writer)
    }

    // MARK: Ticket-granting tickets

    /// The token of a session that has just been started.
    ///
    /// - Parameter parameters: What the request said beside the credentials.
    func token(
        for session: TicketID, of principal: Principal, _ event: AuthenticationEvent,
        until expiry: Instant, _ parameters: Parameters, at now: Instant
    ) throws(Failure) -> String {
        var claims = TicketClaims(
            subject: principal.id, issuer: issuer, audience: publicURL,
            identifier: session.wireValue, issuedAt: event.date, expiry: expiry)
        claims.add(event, isFromNewLogin: true)
        claims.add(principal.attributes)
        for name in claimsFromRequest {
            claims.add(parameter: name, parameters.values(of: name))
        }
        let token = try write(claims, with: keys.current.writer)
        guard token.utf8.count <= Self.pathBytesMax else {
            throw Failure(
                reason: "the token of '\(principal.id)' is too long to be used: too many attributes"
            )
        }
        return token
    }

    /// The session that a token of ours stands for.
    ///
    /// - Returns: `nil` if it is no token of ours for a session, or over; whether the session lives
    ///   is not looked at.
    func session(in text: String, at now: Instant) -> TicketID? {
        guard Self.mayBeToken(text), let bytes = try? keys.current.reader.read(text),
            let claims = try? JSONValue(parsing: bytes).objectValue,
            claims["iss"]?.stringValue == issuer, claims["aud"]?.stringValue == publicURL,
            let expiry = claims["exp"]?.integerValue, now.seconds < expiry,
            let id = claims["jti"]?.stringValue.flatMap({ TicketID($0) }),
            id.kind == .ticketGrantingTicket
        else { return nil }
        return id
    }

    /// Whether a text has a token's outer form; no ticket has it.
    static func mayBeToken(_ text: String) -> Bool {
        text.hasPrefix("eyJ") && text.utf8.contains(UInt8(ascii: "."))
    }

    // MARK: Writing

    private func write(
        _ claims: TicketClaims, with writer: TokenWriter
    ) throws(Failure) -> String {
        do throws(JOSEError) {
            return try writer.write(claims.bytes, random: random)
        } catch {
            throw Failure(reason: "token: \(error.reasonClass)")
        }
    }
}
