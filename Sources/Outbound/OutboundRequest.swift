/// One call of another server.
package struct OutboundRequest: Sendable {
    package enum Method: Hashable, Sendable {
        case get
        /// `type` is the body's Content-Type.
        case post(body: [UInt8], type: String)
    }

    package var method: Method
    /// An absolute URL: `https`, or `http` if ``allowsPlain``; no user, password or fragment.
    package var url: String
    /// Names and values besides those that every call has.
    package var headers: [(String, String)]
    /// Whether the URL may be `http`, where anybody on the way can read and change everything.
    package var allowsPlain: Bool

    package init(
        method: Method = .get, url: String, headers: [(String, String)] = [],
        allowsPlain: Bool = false
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.allowsPlain = allowsPlain
    }
}

/// What a server answered, whatever the status; redirects are not followed.
package struct OutboundResponse: Hashable, Sendable {
    package let status: Int
    package let body: [UInt8]
    /// As the server wrote it, with its parameters.
    package let contentType: String?

    package init(status: Int, body: [UInt8], contentType: String?) {
        self.status = status
        self.body = body
        self.contentType = contentType
    }
}
