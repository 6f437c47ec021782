/// What is asked of a server of revocation lists or answers.
package struct RevocationRequest: Hashable, Sendable {
    package enum Method: Hashable, Sendable {
        case get
        /// `type` is the body's Content-Type.
        case post(body: [UInt8], type: String)
    }

    /// `http` or `https`: lists and answers are signed, so nobody on the way can change them.
    package let url: String
    package let method: Method
    /// The most bytes that are taken.
    package let bytesMax: Int

    package init(url: String, method: Method = .get, bytesMax: Int) {
        self.url = url
        self.method = method
        self.bytesMax = bytesMax
    }
}

/// Why there is no list or no answer, in the words of the transport.
package struct RevocationFetchError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    /// Whether it is the host that fails, and not this one address.
    package let isOutage: Bool

    package init(_ description: String, isOutage: Bool = false) {
        self.description = description
        self.isOutage = isOutage
    }
}

/// Gets a list or an answer and blocks until it is there; only status 200 is an answer.
package typealias RevocationFetch =
    @Sendable (RevocationRequest) throws(RevocationFetchError) -> [UInt8]
