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
        let utf8 = text.utf8
        let bytes = utf8.span
        guard let pathEnd = Self.pathEnd(bytes) else { return nil }
        for index in pathEnd..<bytes.count where bytes[index] <= 0x20 || bytes[index] == 0x7F {
            return nil
        }
        if pathEnd == bytes.count {
            path = text
            query = nil
        } else {
            let question = utf8.index(utf8.startIndex, offsetBy: pathEnd)
            path = String(text[..<question])
            query = String(text[utf8.index(after: question)...])
        }
    }

    /// Where the path ends, or `nil` if it is not strict.
    private static func pathEnd(_ bytes: Span<UInt8>) -> Int? {
        guard bytes.count > 0, bytes[0] == UInt8(ascii: "/") else { return nil }
        var segmentStart = 1
        var index = 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "?") {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "/"):
                guard isPlain(bytes.extracting(segmentStart..<index)), index > segmentStart else {
                    return nil
                }
                segmentStart = index + 1
            case UInt8(ascii: "%"):
                if hidesSeparator(bytes, at: index) { return nil }
            case 0...0x20, 0x7F..., UInt8(ascii: "\\"): return nil
            default: break
            }
            index += 1
        }
        return isPlain(bytes.extracting(segmentStart..<index)) ? index : nil
    }

    /// Whether a segment is neither `.` nor `..`.
    private static func isPlain(_ segment: Span<UInt8>) -> Bool {
        guard segment.count == 1 || segment.count == 2 else { return true }
        return segment[0] != UInt8(ascii: ".")
            || (segment.count == 2 && segment[1] != UInt8(ascii: "."))
    }

    /// Whether an escape is none, or stands for a character that must not be written so.
    private static func hidesSeparator(_ bytes: Span<UInt8>, at percent: Int) -> Bool {
        guard percent + 2 < bytes.count, let high = hexadecimalDigit(bytes[percent + 1]),
            let low = hexadecimalDigit(bytes[percent + 2])
        else { return true }
        switch high << 4 | low {
        case 0..<0x20, 0x2E, 0x2F, 0x5C, 0x7F: return true
        default: return false
        }
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

    /// All parameters that matter to any reader of a request; the transport drops the others.
    ///
    /// Whoever reads another header adds its name here.
    package static let names = [
        "REQUEST_METHOD", "REQUEST_URI", "CONTENT_TYPE", "REMOTE_ADDR", "HTTPS",
        "SSL_CLIENT_VERIFY", "SSL_CLIENT_CERT", "REQUEST_ID", "CASD_PROFILE",
        "CASD_GATEWAY_SECRET", "HTTP_ACCEPT", "HTTP_COOKIE", "HTTP_AUTHORIZATION",
        "HTTP_IF_MATCH", "HTTP_TOKEN", "HTTP_IF_NONE_MATCH", "HTTP_ORIGIN",
        "HTTP_ACCESS_CONTROL_REQUEST_METHOD",
    ]

    /// Takes one parameter in; unknown ones are left aside.
    package mutating func add(_ name: String, _ value: String) {
        if name.hasPrefix("HTTP_") {
            headers.append(Headers.Field(name: name, value: value))
            return
        }
        guard !value.isEmpty else { return }
        // The length first, because comparing with every name adds up over a request.
        switch name.utf8.count {
        case 5 where name == "HTTPS": gateway.isHTTPS = value == "on"
        case 10 where name == "REQUEST_ID": gateway.requestID = value
        case 11 where name == "REQUEST_URI": target = value
        case 11 where name == "REMOTE_ADDR": gateway.remoteAddress = value
        case 12 where name == "CONTENT_TYPE": contentType = value
        case 12 where name == "CASD_PROFILE": gateway.hasProfileMarker = true
        case 14 where name == "REQUEST_METHOD": method = value
        case 15 where name == "SSL_CLIENT_CERT": gateway.clientCertificate = value
        case 17 where name == "SSL_CLIENT_VERIFY":
            gateway.clientVerification = ClientVerification(value)
        case 19 where name == "CASD_GATEWAY_SECRET": gateway.secret = value
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
        bytes.reserveCapacity(
            fields.reduce(body.count + constantFields.count + 96) {
                $0 + $1.name.utf8.count + $1.value.utf8.count + 4
            })
        bytes += "Status: ".utf8
        Self.append(status.rawValue, to: &bytes)
        bytes += " ".utf8
        bytes += status.reason.utf8
        bytes += "\r\n".utf8
        for (name, value) in fields {
            bytes += name.utf8
            bytes += ": ".utf8
            let start = bytes.count
            bytes += value.utf8
            for index in start..<bytes.count where bytes[index] < 0x20 || bytes[index] == 0x7F {
                bytes[index] = 0x20
            }
            bytes += "\r\n".utf8
        }
        bytes += constantFields
        bytes += "Content-Length: ".utf8
        Self.append(body.count, to: &bytes)
        bytes += "\r\n\r\n".utf8
        if withBody { bytes += body }
        return bytes
    }

    private static func append(_ number: Int, to bytes: inout [UInt8]) {
        if number >= 10 { append(number / 10, to: &bytes) }
        bytes.append(UInt8(ascii: "0") + UInt8(number % 10))
    }
}
