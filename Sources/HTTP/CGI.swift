internal import Platform

/// The path and query of a request line, strictly read.
///
/// nginx decodes and merges paths before it picks a location; only a path that has one spelling
/// can be trusted to mean the same to both. So no `%2F` or `%5C`, no empty, `.` or `..` segments
/// (a single slash at the end is allowed), nothing outside visible ASCII.
package struct RequestTarget: Sendable, Hashable {
    package let path: String
    package let query: String?

    package init?(_ text: String) {
        let question = text.utf8.firstIndex(of: UInt8(ascii: "?"))
        let path = text.utf8[..<(question ?? text.utf8.endIndex)]
        guard path.first == UInt8(ascii: "/"),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }),
            path.allSatisfy({ $0 < 0x80 && $0 != UInt8(ascii: "\\") }),
            Self.hasPlainSegments(path), !Self.hidesSeparator(path)
        else { return nil }
        self.path = String(Substring(path))
        query = question.map { String(text[text.utf8.index(after: $0)...]) }
    }

    private static func hasPlainSegments(_ path: Substring.UTF8View) -> Bool {
        let segments = path.dropFirst().split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return segments.dropLast().allSatisfy { !$0.isEmpty }
            && segments.allSatisfy { !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8) }
    }

    private static func hidesSeparator(_ path: Substring.UTF8View) -> Bool {
        var rest = path
        while let percent = rest.firstIndex(of: UInt8(ascii: "%")) {
            rest = rest[rest.index(after: percent)...]
            var digits = rest.prefix(2).makeIterator()
            guard let high = digits.next().flatMap(hexadecimalDigit),
                let low = digits.next().flatMap(hexadecimalDigit)
            else { return true }
            let byte = high << 4 | low
            if byte < 0x20 || [0x2E, 0x2F, 0x5C, 0x7F].contains(byte) { return true }
        }
        return false
    }
}

/// What the gateway sends for one request, sorted into facts, claims and the rest (RFC 3875).
package struct CGIParameters: Sendable {
    private var method: String?
    private var target: String?
    private var contentType: String?
    private var headers = Headers()
    private var gateway = GatewayFacts()

    package init() {}

    /// Takes one parameter in; unknown ones are left aside.
    package mutating func add(_ name: String, _ value: String) {
        if name.utf8.starts(with: "HTTP_".utf8) {
            headers.append(Headers.Field(name: name, value: value))
            return
        }
        guard !value.isEmpty else { return }
        switch name {
        case "REQUEST_METHOD": method = value
        case "REQUEST_URI": target = value
        case "CONTENT_TYPE": contentType = value
        case "REMOTE_ADDR": gateway.remoteAddress = value
        case "HTTPS": gateway.isHTTPS = value == "on"
        case "SSL_CLIENT_VERIFY": gateway.clientVerification = ClientVerification(value)
        case "SSL_CLIENT_CERT": gateway.clientCertificate = value
        case "REQUEST_ID": gateway.requestID = value
        case "CASD_PROFILE": gateway.hasProfileMarker = true
        case "CASD_GATEWAY_SECRET": gateway.secret = value
        default: break
        }
    }

    /// The facts alone, for answering what is no readable request.
    package var facts: GatewayFacts { gateway }

    /// The request that the parameters and the body make.
    ///
    /// - Throws: If the method is unknown or the target is missing or not strict.
    package func request(body: [UInt8]) throws(RequestFault) -> Request {
        guard let method, let target else { throw .incomplete }
        guard let knownMethod = Method(rawValue: method) else { throw .method }
        guard let strictTarget = RequestTarget(target) else { throw .path }
        return Request(
            method: knownMethod, path: strictTarget.path, query: strictTarget.query,
            headers: headers, contentType: contentType, body: body, gateway: gateway)
    }
}

extension ClientVerification {
    /// Reads nginx's `$ssl_client_verify`.
    init(_ text: String) {
        switch text {
        case "SUCCESS": self = .success
        case "NONE", "": self = .none
        default: self = .failed(text)
        }
    }
}

extension Response {
    /// The answer as a CGI document (RFC 3875 §6), the given constant fields included.
    ///
    /// Control characters in a field's value become spaces, so that no value can end its line.
    package func cgi(constantFields: [UInt8], withBody: Bool = true) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(body.count + constantFields.count + 256)
        bytes += "Status: \(status.rawValue) \(status.reason)\r\n".utf8
        for (name, value) in fields {
            bytes += name.utf8
            bytes.append(UInt8(ascii: ":"))
            bytes.append(UInt8(ascii: " "))
            for byte in value.utf8 { bytes.append(byte < 0x20 || byte == 0x7F ? 0x20 : byte) }
            bytes += "\r\n".utf8
        }
        bytes += constantFields
        bytes += "Content-Length: \(body.count)\r\n\r\n".utf8
        if withBody { bytes += body }
        return bytes
    }
}
