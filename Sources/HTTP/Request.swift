/// The request methods that casd knows; anything else is a ``RequestFault``.
package enum Method: String, Sendable, Hashable, CaseIterable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
    case options = "OPTIONS"
}

/// What the gateway says about the client's certificate.
package enum ClientVerification: Sendable, Hashable {
    /// No certificate was asked for or presented.
    case none
    /// The handshake proved possession of the key and the gateway trusts the issuer.
    case success
    /// A certificate was presented that the gateway does not trust, in the gateway's words.
    case failed(String)
}

/// Facts that the gateway (nginx) sets about a request; no client can forge them.
package struct GatewayFacts: Sendable {
    package var remoteAddress = ""
    package var isHTTPS = false
    package var clientVerification = ClientVerification.none
    /// The certificate's text as the gateway wrote it, if there is one.
    package var clientCertificate: String?
    /// The gateway's own identifier of the request, for joining logs.
    package var requestID: String?
    /// Whether the parameters come from casd's own nginx file (`CASD_PROFILE`).
    package var hasProfileMarker = false
    /// What the gateway sent as `CASD_GATEWAY_SECRET`.
    package var secret: String?

    package init() {}
}

/// One request, as values.
///
/// What nginx says is in ``gateway``, what the browser claims is in ``headers``: two types, so
/// that no code can take the one for the other.
package struct Request: Sendable {
    package let method: Method
    /// The raw path of the request line, strictly checked by ``RequestTarget``.
    package let path: String
    /// The raw text behind the first `?`, or `nil`.
    package let query: String?
    package let headers: Headers
    package let contentType: String?
    package let body: [UInt8]
    package let gateway: GatewayFacts

    package init(
        method: Method, path: String, query: String? = nil, headers: Headers = Headers(),
        contentType: String? = nil, body: [UInt8] = [], gateway: GatewayFacts = GatewayFacts()
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.contentType = contentType
        self.body = body
        self.gateway = gateway
    }

    /// The media type of the body in lower case, without parameters.
    package var mediaType: String? {
        guard let contentType else { return nil }
        var type: [UInt8] = []
        type.reserveCapacity(contentType.utf8.count)
        for byte in contentType.utf8 {
            switch byte {
            case UInt8(ascii: ";"): return Self.text(type)
            case UInt8(ascii: " "), UInt8(ascii: "\t"): break
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): type.append(byte | 0x20)
            default: type.append(byte)
            }
        }
        return Self.text(type)
    }

    private static func text(_ bytes: [UInt8]) -> String? {
        bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }
}

/// Why something is not a request that casd reads; it is answered with ``status``.
package enum RequestFault: Error, Hashable, Sendable {
    /// The method is unknown.
    case method
    /// The target has no strict path.
    case path
    /// A parameter of the gateway that must be there is missing.
    case incomplete
    case bodyTooLarge
    /// The gateway's parameters are too many, too large, doubled or not UTF-8.
    case parameters(String)
    /// The gateway did not present the shared secret.
    case gatewaySecret

    package var status: Status {
        switch self {
        case .method: .notImplemented
        case .bodyTooLarge: .contentTooLarge
        case .path, .parameters: .badRequest
        case .incomplete: .badRequest
        case .gatewaySecret: .forbidden
        }
    }
}
