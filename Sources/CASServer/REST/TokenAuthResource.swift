internal import CASProtocol
internal import HTTP
internal import JSON
internal import Logging
internal import Platform
internal import SSO
internal import Services

/// `/actuator/tokenAuth`: makes and explains tokens that log users in, for operators' programs.
///
/// Whoever gets in can log in as anybody, so it is off unless the configuration says otherwise, and
/// open to ``Configuration/Operations/networks`` alone.
struct TokenAuthResource: Sendable {
    let site: Site
    let gate: ServiceGate
    let tokens: TokenLogin
    let operators: OperatorsDoor

    /// - Returns: `nil` if the endpoint is off.
    init?(_ configuration: Configuration, _ parts: Parts) {
        guard configuration.jwt.login.hasEndpoint, let tokens = parts.tokens else { return nil }
        site = parts.site
        gate = parts.gate
        self.tokens = tokens
        operators = parts.operators
    }

    // MARK: POST /actuator/tokenAuth/{username}

    /// 200 with a token of that user for the service; or 400, 403, 500.
    func mint(_ segment: String, _ request: Request) -> Response {
        answering(request) { now throws(RESTAnswered) in
            let service = try service(request, now)
            guard let username = percentDecoded(segment), UpstreamAnswer.isUserName(username) else {
                throw refused("malformed", .badRequest, "The name cannot be one of a user", request)
            }
            do throws(TokenLoginFault) {
                let token = try tokens.mint(for: username, service, at: now)
                site.record(
                    "token made", reason: "asked by an operator", detail: service.name,
                    user: username, level: .notice, request)
                return RESTAnswer.json([
                    "registeredService": description(service), "token": .string(token),
                ])
            } catch {
                throw answer(error, service, request)
            }
        }
    }

    // MARK: GET /actuator/tokenAuth/{token}

    /// 200 with the user of a token, which is not used up; or 400, 401, 403, 500.
    func explain(_ token: String, _ request: Request) -> Response {
        answering(request) { now throws(RESTAnswered) in
            let service = try service(request, now)
            do throws(TokenLoginFault) {
                let principal = try tokens.principal(of: token, for: service, at: now)
                let attributes = principal.attributes.entries.map { entry in
                    (entry.name, JSONValue.array(entry.values.map { .string($0) }))
                }
                return RESTAnswer.json([
                    "registeredService": description(service),
                    "principal": [
                        "id": .string(principal.id),
                        "attributes": .object(JSONObject(pairs: attributes)),
                    ],
                ])
            } catch {
                throw answer(error, service, request)
            }
        }
    }

    // MARK: Parts

    private func answering(
        _ request: Request, _ body: (Instant) throws(RESTAnswered) -> Response
    ) -> Response {
        if let refusal = operators.refusal(of: request) { return refusal }
        do throws(RESTAnswered) {
            return try body(site.clock())
        } catch {
            return error.response
        }
    }

    /// The definition of a service URL or of a number; it admits somebody now.
    private func service(
        _ request: Request, _ now: Instant
    ) throws(RESTAnswered) -> RegisteredService {
        let parameters: Parameters
        do {
            parameters = try Parameters(request, limit: site.limits.parameters)
        } catch {
            throw refused(
                Refusal(error).reason, .badRequest, "The request cannot be read", request)
        }
        guard let text = parameters["service"] else {
            throw refused("service missing", .badRequest, "The service is missing", request)
        }
        if let id = Int64(text) {
            guard let service = gate.services.current.service(id: id), !service.isDenial else {
                throw refused(
                    "service not registered", .forbidden, "The service is not authorized", request)
            }
            return service
        }
        do {
            return try gate.admit(text, at: now).registered
        } catch {
            throw refused(error.reason, .forbidden, "The service is not authorized", request)
        }
    }

    private func answer(
        _ fault: TokenLoginFault, _ service: RegisteredService, _ request: Request
    ) -> RESTAnswered {
        site.record(
            "request refused", reason: fault.reason,
            detail: [service.name, fault.detail].compactMap(\.self).joined(separator: ": "),
            level: fault.isOperatorsAffair ? .error : .info, request)
        let response =
            switch fault {
            case .noSecrets:
                RESTAnswer.problem(.forbidden, detail: "The service takes no tokens")
            case .access:
                RESTAnswer.problem(.forbidden, detail: "The principal may not enter the service")
            case .keys, .unavailable:
                RESTAnswer.problem(
                    .internalServerError, detail: "The service's keys cannot be used")
            default:
                RESTAnswer.problem(.unauthorized, detail: "The token is refused: \(fault.reason)")
            }
        return RESTAnswered(response)
    }

    private func refused(
        _ reason: String, _ status: Status, _ detail: String, _ request: Request
    ) -> RESTAnswered {
        site.record("request refused", reason: reason, request)
        return RESTAnswered(RESTAnswer.problem(status, detail: detail))
    }

    private func description(_ service: RegisteredService) -> JSONValue {
        [
            "id": .integer(service.id), "name": .string(service.name),
            "serviceId": .string(service.serviceId),
        ]
    }

    /// The text of a path's segment, in which a plus sign is one.
    private func percentDecoded(_ segment: String) -> String? {
        let text = segment.map { character in
            switch character {
            case "+": "%2B"
            case "&": "%26"
            case "=": "%3D"
            default: String(character)
            }
        }.joined()
        // Losing the error is right: such a text is no name.
        return (try? Form("name=" + text, limit: 1))?.fields.first?.value
    }
}
