/// The statuses that casd answers with (RFC 9110 §15).
package enum Status: Int, Sendable, Hashable {
    case ok = 200
    case created = 201
    case noContent = 204
    case found = 302
    case seeOther = 303
    case notModified = 304
    case badRequest = 400
    case unauthorized = 401
    case forbidden = 403
    case notFound = 404
    case methodNotAllowed = 405
    case notAcceptable = 406
    case conflict = 409
    case preconditionFailed = 412
    case contentTooLarge = 413
    case unsupportedMediaType = 415
    case locked = 423
    case tooManyRequests = 429
    case internalServerError = 500
    case notImplemented = 501
    case serviceUnavailable = 503

    package var reason: String {
        switch self {
        case .ok: "OK"
        case .created: "Created"
        case .noContent: "No Content"
        case .found: "Found"
        case .seeOther: "See Other"
        case .notModified: "Not Modified"
        case .badRequest: "Bad Request"
        case .unauthorized: "Unauthorized"
        case .forbidden: "Forbidden"
        case .notFound: "Not Found"
        case .methodNotAllowed: "Method Not Allowed"
        case .notAcceptable: "Not Acceptable"
        case .conflict: "Conflict"
        case .preconditionFailed: "Precondition Failed"
        case .contentTooLarge: "Content Too Large"
        case .unsupportedMediaType: "Unsupported Media Type"
        case .locked: "Locked"
        case .tooManyRequests: "Too Many Requests"
        case .internalServerError: "Internal Server Error"
        case .notImplemented: "Not Implemented"
        case .serviceUnavailable: "Service Unavailable"
        }
    }
}

/// One answer, as a value.
package struct Response: Sendable {
    package var status: Status
    /// Fields in the order in which they are written.
    package private(set) var fields: [(name: String, value: String)] = []
    package var body: [UInt8]

    package init(_ status: Status, type: String? = nil, body: [UInt8] = []) {
        self.status = status
        self.body = body
        if let type { set("Content-Type", type) }
    }

    /// Plain text, UTF-8.
    package static func text(_ text: String, _ status: Status = .ok) -> Response {
        Response(status, type: "text/plain;charset=UTF-8", body: Array(text.utf8))
    }

    /// A page, UTF-8.
    package static func html(_ text: String, _ status: Status = .ok) -> Response {
        Response(status, type: "text/html;charset=UTF-8", body: Array(text.utf8))
    }

    /// A redirect to a location that is already safe for a header field.
    package static func redirect(to location: String, _ status: Status = .found) -> Response {
        var response = Response(status)
        response.set("Location", location)
        return response
    }

    /// Adds a field.
    package mutating func set(_ name: String, _ value: String) {
        fields.append((name, value))
    }

    package mutating func set(_ cookie: SetCookie) {
        set("Set-Cookie", cookie.fieldValue)
    }

    /// The value of the first field of that name, written in the same case.
    package subscript(name: String) -> String? {
        fields.first { $0.name == name }?.value
    }
}
