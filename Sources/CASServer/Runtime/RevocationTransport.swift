internal import Authentication
internal import Outbound

/// The way to servers of revocation lists and answers.
///
/// Plain `http` is allowed, and usual: what comes is signed. Which addresses may be called is what
/// `outbound` says, because certificates name the servers.
enum RevocationTransport {
    /// The longest time for a list, which may be large; nobody waits for it that long.
    private static let listTimeout: Duration = .seconds(30)
    private static let answerBytesMax = 64 << 10

    /// - Throws: If the ways cannot be made.
    static func fetch(_ configuration: Configuration) throws -> RevocationFetch {
        let rules = configuration.authentication.x509?.revocation ?? RevocationRules()
        guard rules.sources.contains(.crl) || rules.sources.contains(.ocsp) else {
            return { _ throws(RevocationFetchError) in
                throw RevocationFetchError("only files are looked into")
            }
        }
        let outbound = configuration.outbound
        let timeout = outbound.timeout
        let lists = try client(
            outbound, timeout: max(timeout, listTimeout), bytesMax: rules.listBytesMax)
        let answers = try client(outbound, timeout: timeout, bytesMax: answerBytesMax)
        return { request throws(RevocationFetchError) in
            switch request.method {
            case .get: try send(request, .get, by: lists)
            case .post(let body, let type):
                try send(request, .post(body: body, type: type), by: answers)
            }
        }
    }

    private static func client(
        _ outbound: Configuration.Outbound, timeout: Duration, bytesMax: Int
    ) throws -> OutboundClient {
        try OutboundClient(
            OutboundPolicy(
                trustFiles: outbound.trust, allowsLoopback: outbound.allowsLoopback,
                deniedNetworks: outbound.deniedNetworks,
                connectTimeout: outbound.connectTimeout, timeout: timeout,
                responseBytesMax: bytesMax))
    }

    private static func send(
        _ request: RevocationRequest, _ method: OutboundRequest.Method, by client: OutboundClient
    ) throws(RevocationFetchError) -> [UInt8] {
        let response: OutboundResponse
        do throws(OutboundError) {
            response = try client.send(
                OutboundRequest(method: method, url: request.url, allowsPlain: true))
        } catch {
            throw RevocationFetchError(error.description, isOutage: error.isOutage)
        }
        guard response.status == 200 else {
            // The host answers; it is this address that has nothing.
            throw RevocationFetchError("status \(response.status)")
        }
        return response.body
    }
}

extension OutboundError {
    /// Whether it is the server that fails, and not this one address.
    fileprivate var isOutage: Bool {
        switch self {
        case .address, .refusedAddress, .responseTooLarge, .other: false
        case .unresolved, .unreachable, .tls, .timeout: true
        }
    }
}
