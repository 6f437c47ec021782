internal import HTTP
internal import Tickets

/// `/healthz` and `/readyz`, for operators who ask the socket itself.
struct HealthEndpoint: Sendable {
    let registry: any TicketRegistry

    /// The process answers.
    func live() -> Response { .text("ok\n") }

    /// The process answers and the ticket registry can be read.
    func ready() -> Response {
        do {
            _ = try registry.counts()
            return .text("ready\n")
        } catch {
            return .text("the ticket registry cannot be read\n", .serviceUnavailable)
        }
    }
}
