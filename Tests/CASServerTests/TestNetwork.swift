import CASServer
import Outbound
import Platform

/// The other servers, as a test imagines them: it answers calls and keeps them.
final class TestNetwork: Sendable {
    typealias Answer = @Sendable (OutboundRequest) throws(OutboundError) -> OutboundResponse

    private let state = Lock(State())

    private struct State {
        var calls: [OutboundRequest] = []
        var answer: Answer = { _ in OutboundResponse(status: 200, body: [], contentType: nil) }
    }

    /// What was called so far, the first call first.
    var calls: [OutboundRequest] { state.withLock { $0.calls } }

    /// Every call gets this answer from now on.
    func answers(_ answer: @escaping Answer) {
        state.withLock { $0.answer = answer }
    }

    func answers(status: Int, _ body: String = "") {
        answers { _ throws(OutboundError) in
            OutboundResponse(status: status, body: Array(body.utf8), contentType: nil)
        }
    }

    var send: OutboundSend {
        { [self] request throws(OutboundError) in
            let answer = state.withLock { state in
                state.calls.append(request)
                return state.answer
            }
            return try answer(request)
        }
    }
}

extension OutboundRequest {
    /// The body of a POST as text.
    var bodyText: String {
        if case .post(let body, _) = method { String(decoding: body, as: UTF8.self) } else { "" }
    }
}
