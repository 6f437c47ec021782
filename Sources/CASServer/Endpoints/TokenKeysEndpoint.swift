internal import HTTP
internal import Logging
internal import Platform
internal import Services

/// The public keys of tokens: as a key set for everybody, and as Apereo gives them to operators.
struct TokenKeysEndpoint: Sendable {
    let site: Site
    let gate: ServiceGate
    let tokens: TicketTokens
    let published: PublishedKeys
    let operators: OperatorsDoor

    /// How long a key set may be kept; a key is published longer than that before it signs.
    private static let keySetAge: Duration = .seconds(3600)

    /// `/jwks`: the keys that verify signatures, those of services included (RFC 7517 §5).
    ///
    /// Secrets are not in it, so it is empty while tokens are signed with one.
    func keySet(_ request: Request) -> Response {
        let document = published.document(
            for: gate.services.current.services, at: site.clock())
        var response =
            Self.isKnown(document.tag, to: request)
            ? Response(.notModified)
            : Response(.ok, type: "application/jwk-set+json", body: document.body)
        response.set("ETag", document.tag)
        response.set("Cache-Control", "public, max-age=\(Self.keySetAge.wholeSeconds)")
        response.set("Access-Control-Allow-Origin", "*")
        return response
    }

    /// Whether the client has what a tag stands for (RFC 9110 §13.1.2, compared weakly).
    private static func isKnown(_ tag: String, to request: Request) -> Bool {
        guard let field = request.headers["If-None-Match"] else { return false }
        return field.split(separator: ",").contains { element in
            let element = element.filter { $0 != " " && $0 != "\t" }
            return element == "*" || element == tag || element == "W/" + tag
        }
    }

    /// `/actuator/jwtTicketSigningPublicKey[?service=]`: the key in PEM, as Apereo answers; empty
    /// while tokens are signed with a secret.
    func publicKey(_ request: Request) throws -> Response {
        if let refusal = operators.refusal(of: request) { return refusal }
        let parameters = try Self.parameters(of: request, site.limits.parameters)
        guard let text = parameters["service"] else {
            return .text(tokens.keys.current.publicSigningPEM ?? "")
        }
        let service: ServiceGate.Admitted
        do throws(ServiceGate.Rejection) {
            service = try gate.admit(text, at: site.clock())
        } catch {
            site.record("request refused", reason: error.reason, request)
            return RESTAnswer.problem(.forbidden, detail: "The service is not authorized")
        }
        do throws(TokenKeyFault) {
            let own = try tokens.serviceKeys.material(
                for: service.registered, at: site.clock())
            return .text((own == nil ? tokens.keys.current.publicSigningPEM : own?.publicPEM) ?? "")
        } catch {
            throw TicketTokens.Failure(reason: "the keys of '\(service.registered.name)': \(error)")
        }
    }

    private static func parameters(of request: Request, _ limit: Int) throws -> Parameters {
        do {
            return try Parameters(request, limit: limit)
        } catch {
            throw Refusal(error)
        }
    }
}
