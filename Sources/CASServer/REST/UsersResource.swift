internal import CASProtocol
internal import HTTP
internal import Logging
internal import Platform

/// `/v1/users`: says whether credentials are good, and whose they are; nobody is logged in.
struct UsersResource: Sendable {
    let reader: RESTReader

    /// 200 with the outcome in JSON, or 400, 401, 403, 406, 415, 423, 503.
    func authenticate(_ request: Request) throws -> Response {
        do {
            return try answer(request)
        } catch let answered as RESTAnswered {
            return answered.response
        }
    }

    private func answer(_ request: Request) throws -> Response {
        let now = reader.site.clock()
        _ = try reader.representation(of: request)
        let parameters = try reader.parameters(of: request)
        let (principal, event) = try reader.authenticate(parameters, request, now)
        let service = try reader.service(parameters, for: principal, request, as: .json, now)
        reader.site.record("credentials checked", reason: "accepted", user: principal.id, request)
        return RESTAnswer.json(
            RESTAnswer.authentication(of: principal, event, for: service?.url))
    }
}
