internal import HTTP
internal import Logging
internal import Platform

/// Who may ask `/actuator`: the addresses that `operations.networks` lists.
struct OperatorsDoor: Sendable {
    let site: Site
    let networks: [Network]

    /// The answer to somebody else, and its log line; `nil` lets the request in.
    func refusal(of request: Request) -> Response? {
        let address = IPAddress(request.gateway.remoteAddress)
        if let address, networks.contains(where: { $0.contains(address) }) { return nil }
        site.record("request refused", reason: "network not listed", request)
        return RESTAnswer.problem(.forbidden, detail: "/actuator is not open to this address")
    }
}
