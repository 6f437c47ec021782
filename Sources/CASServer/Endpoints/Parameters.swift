internal import HTTP

/// The parameters of a protocol request, from the query and from a form body, each at most once.
struct Parameters: Sendable {
    /// The parameters of the protocol and of our forms; each may be there once (CAS 3.0 §2).
    private static let singleNames: Set<String> = [
        "service", "ticket", "renew", "gateway", "warn", "method", "TARGET", "SAMLart", "pgtUrl",
        "pgt", "pgtId", "pgtIou", "targetService", "format", "username", "password", "execution",
        "lt", "_eventId", "url", "rememberMe", "publicWorkstation", "ignorewarn", "state",
        "logoutRequest", "cert", "token",
    ]

    private let query: Form
    private let body: Form

    /// - Throws: If there are too many, one is not UTF-8, or one of the protocol's is there twice.
    init(_ request: Request, limit: Int) throws(Form.Fault) {
        try self.init(
            request, body: request.hasFormBody ? try Form(request.body, limit: limit) : Form(),
            limit: limit)
    }

    /// - Parameter body: What the body says, however it was written.
    /// - Throws: As the other initializer does.
    init(_ request: Request, body: Form, limit: Int) throws(Form.Fault) {
        query =
            try request.query.map { text throws(Form.Fault) in try Form(text, limit: limit) }
            ?? Form()
        self.body = body
        try Self.check(body.fields.isEmpty ? query : query + body, limit: limit)
    }

    private static func check(_ both: Form, limit: Int) throws(Form.Fault) {
        guard both.fields.count <= limit else { throw .tooManyFields }
        for (index, field) in both.fields.enumerated() where index > 0 {
            guard both.fields[..<index].contains(where: { $0.name == field.name }),
                singleNames.contains(field.name)
            else { continue }
            throw .repeated(field.name)
        }
    }

    /// No parameters at all.
    init() {
        query = Form()
        body = Form()
    }

    /// The parameters of the query alone, where the body is no form.
    init(queryOf request: Request, limit: Int) throws(Form.Fault) {
        query =
            try request.query.map { text throws(Form.Fault) in try Form(text, limit: limit) }
            ?? Form()
        body = Form()
        try Self.check(query, limit: limit)
    }

    /// The value of a parameter, from wherever it came; an empty one counts as missing.
    subscript(name: String) -> String? {
        value(name, in: query) ?? value(name, in: body)
    }

    /// All values of a parameter that may be there several times.
    func values(of name: String) -> [String] {
        (query.fields + body.fields).filter { $0.name == name }.map(\.value)
    }

    /// The value of a parameter of the body, which alone may carry credentials; empty ones too.
    func inBody(_ name: String) -> String? {
        body.fields.first { $0.name == name }?.value
    }

    /// Whether the query carries what only a body may.
    var hasCredentialsInQuery: Bool {
        query.contains("password") || query.contains("username")
    }

    /// Whether a flag such as `renew` or `gateway` is set: any value but an empty one and `false`.
    func isSet(_ name: String) -> Bool {
        guard let value = self[name] else { return false }
        return value.lowercased() != "false"
    }

    private func value(_ name: String, in form: Form) -> String? {
        form.fields.first { $0.name == name && !$0.value.isEmpty }?.value
    }
}

extension Request {
    /// Whether the body is a form; one without a type is taken as one, as some REST clients send
    /// it.
    var hasFormBody: Bool {
        guard !body.isEmpty else { return false }
        // As nearly all clients write it.
        if contentType == Self.formType { return true }
        let type = mediaType
        return type == nil || type == Self.formType
    }

    private static let formType = "application/x-www-form-urlencoded"

    /// Whether the body is of a type that a form endpoint cannot read.
    var hasForeignBody: Bool { !body.isEmpty && !hasFormBody }
}
