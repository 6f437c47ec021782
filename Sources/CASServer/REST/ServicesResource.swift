internal import Authentication
internal import CASProtocol
internal import HTTP
internal import JSON
internal import Logging
internal import Platform
internal import Services

/// `/v1/services`: the service definitions, for those who may change them.
///
/// Apereo has only the `POST`. A change is in force in all workers of this host when it is
/// answered; a second casd on another host has definitions of its own.
struct ServicesResource: Sendable {
    let site: Site
    let services: ServiceCatalog
    let checks: CredentialChecks
    let writer: ServiceDirectory.Writer
    let rule: ServiceManagementRule
    /// 423 or 429.
    let throttledStatus: Status

    /// How large the list of all definitions may be, in bytes.
    private static let listBytesMax = 32 << 20

    /// - Returns: `nil` if nobody may change definitions over REST.
    init?(_ configuration: Configuration, _ dependencies: App.Dependencies, _ parts: Parts) {
        guard configuration.rest.isEnabled, let management = configuration.rest.services else {
            return nil
        }
        site = parts.site
        services = dependencies.services
        checks = parts.checks
        writer = ServiceDirectory.Writer(
            directory: configuration.services.directory,
            templates: configuration.services.templates,
            lockFile: configuration.state.runtimeDirectory + "/services.lock")
        rule = ServiceManagementRule(management)
        throttledStatus = Status(rawValue: configuration.throttle.restStatus) ?? .locked
    }

    /// Answers a request of somebody who may manage; anybody else gets 401, 403, 423 or 503.
    func respond(to request: Request, _ route: Route, segment: String) -> Response {
        do throws(RESTAnswered) {
            let now = site.clock()
            let manager = try manager(of: request, now)
            let expectation = try expectation(request)
            do throws(ServiceDirectory.ChangeRefusal) {
                return switch route {
                case .createService: try create(request, manager, now)
                case .readService: try read(segment)
                case .putService: try put(segment, request, manager, expectation, now)
                case .deleteService: try delete(segment, request, manager, expectation)
                default: try list()
                }
            } catch {
                throw refusal(error, request, manager)
            }
        } catch {
            return error.response
        }
    }

    // MARK: The five methods

    /// 200 with the definitions, as a JSON array.
    private func list() throws(ServiceDirectory.ChangeRefusal) -> Response {
        var body = Array("[".utf8)
        for definition in try writer.all() {
            guard let json = definition.json else { continue }
            if body.count > 1 { body += ",\n".utf8 }
            body += json
            guard body.count <= Self.listBytesMax else {
                throw .conflict(
                    "the list is larger than \(Self.listBytesMax) bytes; ask for single ones")
            }
        }
        return Response(.ok, type: "application/json", body: body + Array("]\n".utf8))
    }

    /// 200 with the definition as its file has it, but for secrets of tokens; or 404.
    private func read(_ segment: String) throws(ServiceDirectory.ChangeRefusal) -> Response {
        guard let id = Self.number(segment), let definition = try writer.definition(id) else {
            throw .unknown
        }
        guard let json = definition.json else {
            throw .conflict("the file of the definition cannot be read; replace or delete it")
        }
        var response = Response(.ok, type: "application/json", body: json)
        response.set("ETag", "\"\(definition.version)\"")
        return response
    }

    /// 200 and an empty body, as Apereo answers; `Location` says where the definition is.
    private func create(
        _ request: Request, _ manager: Principal, _ now: Instant
    ) throws(ServiceDirectory.ChangeRefusal) -> Response {
        if let refusal = refuseType(request) { return refusal }
        let change = try writer.save(request.body, at: now)
        return changed(change, change.isNew ? "created" : "replaced", request, manager, .ok)
    }

    /// 201 for a new definition, 200 for one that is replaced.
    private func put(
        _ segment: String, _ request: Request, _ manager: Principal,
        _ expectation: ServiceDirectory.Expectation, _ now: Instant
    ) throws(ServiceDirectory.ChangeRefusal) -> Response {
        guard let id = Self.number(segment) else { throw .unknown }
        if let refusal = refuseType(request) { return refusal }
        let change = try writer.save(
            request.body, as: id, expecting: expectation, at: now)
        return changed(
            change, change.isNew ? "created" : "replaced", request, manager,
            change.isNew ? .created : .ok)
    }

    /// 200, or 404.
    private func delete(
        _ segment: String, _ request: Request, _ manager: Principal,
        _ expectation: ServiceDirectory.Expectation
    ) throws(ServiceDirectory.ChangeRefusal) -> Response {
        guard let id = Self.number(segment) else { throw .unknown }
        let change = try writer.remove(id, expecting: expectation)
        return changed(change, "deleted", request, manager, .ok)
    }

    /// Puts the change into force everywhere, notes who made it, and answers.
    private func changed(
        _ change: ServiceDirectory.Change, _ action: String, _ request: Request,
        _ manager: Principal, _ status: Status
    ) -> Response {
        services.announceChange()
        // So that this worker has read it, too, before anybody learns of it.
        _ = services.current
        let definition = change.definition
        site.log.notice(
            "service definition changed",
            metadata: [
                "action": "\(action)", "user": "\(manager.id)", "id": "\(definition.id)",
                "name": "\(change.name)", "file": "\(definition.file)",
                "version": "\(definition.version)", "client": "\(request.gateway.remoteAddress)",
            ])
        var response = Response(status)
        guard action != "deleted" else { return response }
        response.set("Location", "\(site.publicURL.text)/v1/services/\(definition.id)")
        response.set("ETag", "\"\(definition.version)\"")
        return response
    }
}

// MARK: Who may

extension ServicesResource {
    /// Whoever sent the request, if they may manage definitions.
    private func manager(of request: Request, _ now: Instant) throws(RESTAnswered) -> Principal {
        guard let field = request.headers["Authorization"],
            let credentials = BasicCredentials(field)
        else {
            record("no credentials", request)
            throw RESTAnswered(challenge("Name and password are expected (HTTP Basic)"))
        }
        let principal: Principal
        do throws(AuthenticationFailure) {
            principal = try checks.authenticate([credentials.credential], from: request, at: now)
                .principal
        } catch {
            record(
                error.reasonClass, detail: error.operatorText,
                user: error.isOfKnownUser ? credentials.username : nil, request)
            switch error {
            case .unavailable:
                throw RESTAnswered(RESTAnswer.unavailable("The credentials could not be checked"))
            case .throttled(let wait):
                throw RESTAnswered(RESTAnswer.throttled(throttledStatus, retryAfter: wait))
            default: throw RESTAnswered(challenge(error.apereoText))
            }
        }
        guard rule.permits(principal) else {
            record("not authorized", user: principal.id, request)
            throw RESTAnswered(.text("Request is not authorized", .forbidden))
        }
        return principal
    }

    private func challenge(_ text: String) -> Response {
        var response = Response.text(text, .unauthorized)
        response.set("WWW-Authenticate", BasicCredentials.challenge)
        return response
    }

    private func record(
        _ reason: String, detail: String? = nil, user: String? = nil, _ request: Request
    ) {
        site.record(
            "service management refused", reason: reason, detail: detail, user: user, request)
    }
}

// MARK: Parts

extension ServicesResource {
    /// The number of an address, in the one way in which it is written.
    private static func number(_ segment: String) -> Int64? {
        guard let id = Int64(segment), id >= 0, String(id) == segment else { return nil }
        return id
    }

    /// What the client believes is there (RFC 9110 §13.1): `If-Match` with tags or `*`, else
    /// `If-None-Match` with `*`.
    private func expectation(
        _ request: Request
    ) throws(RESTAnswered) -> ServiceDirectory.Expectation {
        if let field = request.headers["If-Match"] {
            if field == "*" { return .existing }
            let tags = field.split(separator: ",", omittingEmptySubsequences: false)
                .map { $0.filter { $0 != " " } }
            guard tags.allSatisfy(Self.isEntityTag) else {
                throw malformed("If-Match is * or a list of entity tags", request)
            }
            // Weak ones never match; their quotes stay in, which no version has.
            return .versions(
                Set(tags.map { $0.hasPrefix("\"") ? String($0.dropFirst().dropLast()) : $0 }))
        }
        guard let field = request.headers["If-None-Match"] else { return .anything }
        guard field == "*" else { throw malformed("If-None-Match is * here", request) }
        return .missing
    }

    private static func isEntityTag(_ text: String) -> Bool {
        let quoted = text.hasPrefix("W/") ? text.dropFirst(2) : text[...]
        return quoted.utf8.count >= 2 && quoted.hasPrefix("\"") && quoted.hasSuffix("\"")
            && !quoted.dropFirst().dropLast().contains("\"")
    }

    private func malformed(_ text: String, _ request: Request) -> RESTAnswered {
        record("malformed precondition", request)
        return RESTAnswered(.text(text, .badRequest))
    }

    private func refuseType(_ request: Request) -> Response? {
        guard request.mediaType != "application/json" else { return nil }
        record("unsupported content type", request)
        var response = RESTAnswer.problem(
            .unsupportedMediaType, detail: "application/json is expected")
        response.set("Accept", "application/json")
        return response
    }

    private func refusal(
        _ refusal: ServiceDirectory.ChangeRefusal, _ request: Request, _ manager: Principal
    ) -> RESTAnswered {
        let reason: String
        let response: Response
        switch refusal {
        case .invalid(let problems):
            reason = "invalid definition"
            response = .text(problems.map(\.message).joined(separator: "\n"), .badRequest)
        case .conflict(let text):
            reason = text
            response = RESTAnswer.problem(.conflict, detail: text)
        case .unexpected:
            reason = "changed meanwhile"
            response = RESTAnswer.problem(
                .preconditionFailed, detail: "The definition is not what the request expects")
        case .secrets:
            reason = "secrets of tokens"
            response = RESTAnswer.problem(
                .forbidden, detail: "Secrets of tokens are not changed over REST; edit the file")
        case .unknown:
            reason = "unknown definition"
            response = RESTAnswer.problem(.notFound, detail: "There is no such definition")
        case .busy:
            reason = "other changes"
            response = RESTAnswer.unavailable("Other changes are being made")
        case .unwritable(let text):
            site.log.error("service definitions not changed", metadata: ["reason": "\(text)"])
            reason = "not writable"
            response = RESTAnswer.problem(
                .internalServerError,
                detail: "The definitions cannot be read or written; the log says why")
        }
        record(reason, user: manager.id, request)
        return RESTAnswered(response)
    }
}

extension ServiceProblem {
    /// The problem for whoever sent the definition: where in it, and what.
    fileprivate var message: String {
        (line.map { "line \($0): " } ?? "") + (key.map { "\($0): " } ?? "") + text
    }
}
