internal import Authentication
internal import CASProtocol
internal import HTTP
internal import Logging
internal import Platform
internal import SSO
internal import Services
internal import Tickets

/// What the resources of REST have in common: reading requests, checking credentials, admitting
/// services.
///
/// Whatever cannot go on throws the answer.
struct RESTReader: Sendable {
    let site: Site
    let gate: ServiceGate
    let checks: CredentialChecks
    let sources: CertificateSources
    let binding: CertificateBinding
    let acceptsPasswords: Bool
    /// 423 or 429.
    let throttledStatus: Status
    /// Whether `Accept: application/json` stands for real JSON.
    let prefersJSON: Bool

    func representation(of request: Request) throws(RESTAnswered) -> RESTRepresentation {
        if let representation = RESTRepresentation(
            accept: request.headers["Accept"], prefersJSON: prefersJSON)
        {
            return representation
        }
        site.record("request refused", reason: "not acceptable", request)
        throw RESTAnswered(
            RESTAnswer.problem(
                .notAcceptable, detail: "text/html, text/plain and application/json are available"))
    }

    /// The parameters of a form or of a JSON object.
    func parameters(of request: Request) throws(RESTAnswered) -> Parameters {
        do {
            let limit = site.limits.parameters
            let parameters: Parameters
            if request.mediaType == "application/json", !request.body.isEmpty {
                parameters = try Parameters(
                    request, body: try Form(jsonBody: request.body, limit: limit), limit: limit)
            } else if request.hasForeignBody {
                throw RESTAnswered(unsupportedType(request))
            } else {
                parameters = try Parameters(request, limit: limit)
            }
            guard parameters.hasCredentialsInQuery else { return parameters }
            site.record("request refused", reason: "credentials in the address", request)
            throw RESTAnswered(.text("Credentials belong into the body", .badRequest))
        } catch let answered as RESTAnswered {
            throw answered
        } catch let fault as JSONBodyFault {
            throw unreadable(fault.reason, detail: nil, request)
        } catch let fault as Form.Fault {
            let refusal = Refusal(fault)
            throw unreadable(refusal.reason, detail: refusal.detail, request)
        } catch {
            throw unreadable("malformed", detail: nil, request)
        }
    }

    private func unsupportedType(_ request: Request) -> Response {
        site.record("request refused", reason: "unsupported content type", request)
        var response = RESTAnswer.problem(
            .unsupportedMediaType,
            detail: "application/x-www-form-urlencoded or application/json is expected")
        response.set("Accept", "application/x-www-form-urlencoded, application/json")
        return response
    }

    private func unreadable(
        _ reason: String, detail: String?, _ request: Request
    ) -> RESTAnswered {
        site.record("request refused", reason: reason, detail: detail, request)
        return RESTAnswered(.text("The request cannot be read: \(reason)", .badRequest))
    }

    // MARK: Credentials

    /// Authenticates with whatever credentials the request carries, all of them together.
    func authenticate(
        _ parameters: Parameters, _ request: Request, isLongTerm: Bool = false, _ now: Instant
    ) throws(RESTAnswered) -> (principal: Principal, event: AuthenticationEvent) {
        let username = parameters.inBody("username") ?? ""
        let credentials = try credentials(username, parameters, request)
        do throws(AuthenticationFailure) {
            let authenticated = try checks.authenticate(
                credentials, from: request, isLongTerm: isLongTerm, at: now)
            guard binding.allows(authenticated.event) else {
                throw AuthenticationFailure.wrongCredential(
                    "bound_tickets wants a certificate with every login")
            }
            return authenticated
        } catch {
            site.record(
                "login refused", reason: error.reasonClass, detail: error.operatorText,
                user: error.isOfKnownUser ? username : nil, request)
            throw RESTAnswered(answer(to: error))
        }
    }

    private func credentials(
        _ username: String, _ parameters: Parameters, _ request: Request
    ) throws(RESTAnswered) -> [Credential] {
        var credentials: [Credential] = []
        let password = parameters.inBody("password") ?? ""
        if acceptsPasswords, !username.isEmpty, !password.isEmpty {
            credentials.append(.password(username: username, password: password))
        }
        do throws(CertificateSources.Fault) {
            let certificate = try sources.certificate(of: request, field: parameters.inBody("cert"))
            if let certificate { credentials.append(.certificate(certificate)) }
        } catch {
            site.record("login refused", reason: "certificates", detail: "\(error)", request)
            throw RESTAnswered(
                .text("The request carries several certificates", .badRequest))
        }
        guard credentials.isEmpty else { return credentials }
        site.record("login refused", reason: "no credentials", request)
        throw RESTAnswered(
            .text(
                "No credentials can be extracted to authenticate the REST request", .badRequest))
    }

    private func answer(to failure: AuthenticationFailure) -> Response {
        switch failure {
        case .unavailable:
            return RESTAnswer.unavailable("The credentials could not be checked")
        case .throttled(let wait):
            return RESTAnswer.throttled(throttledStatus, retryAfter: wait)
        default: return RESTAnswer.unauthorized(failure)
        }
    }

    // MARK: Services

    /// Why a service cannot be entered over REST.
    struct EntryFault: Error {
        let reason: String
        let text: String
        let status: Status
    }

    /// - Parameter isRenewed: Whether credentials came with this very request.
    func admit(
        _ text: String, for principal: Principal, from provider: String?, isRenewed: Bool,
        _ now: Instant
    ) throws(EntryFault) -> ServiceGate.Admitted {
        let service: ServiceGate.Admitted
        do {
            service = try gate.admit(text, at: now)
        } catch {
            if case .malformed = error {
                throw EntryFault(
                    reason: error.reason, text: "The service is not a valid address",
                    status: .badRequest)
            }
            throw EntryFault(
                reason: error.reason, text: "The service is not authorized", status: .forbidden)
        }
        if let why = service.registered.entryRefusal(of: principal, from: provider, at: now) {
            throw EntryFault(
                reason: why.reason, text: "The principal may not enter the service",
                status: .forbidden)
        }
        if !isRenewed, !service.registered.accessStrategy.isSSOEnabled {
            throw EntryFault(
                reason: "single sign-on not allowed",
                text: "The service wants fresh credentials with renew=true", status: .forbidden)
        }
        return service
    }

    /// The service that a login names, if it names one; the principal may enter it.
    func service(
        _ parameters: Parameters, for principal: Principal, _ request: Request,
        as representation: RESTRepresentation, _ now: Instant
    ) throws(RESTAnswered) -> ServiceGate.Admitted? {
        guard let text = parameters["targetService"] ?? parameters["service"] else { return nil }
        do {
            return try admit(text, for: principal, from: nil, isRenewed: true, now)
        } catch {
            site.record("login refused", reason: error.reason, user: principal.id, request)
            throw RESTAnswered(RESTAnswer.refusal(error.status, error.text, as: representation))
        }
    }
}
