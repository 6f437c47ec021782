import HTTP
import Testing

/// A browser in front of a ``TestServer``: keeps cookies, reads forms, follows nothing by itself.
final class Browser {
    let server: TestServer
    private(set) var cookies: [String: String] = [:]
    var gateway = GatewayFacts()
    /// Headers of every request, under their names in HTTP.
    var headers: KeyValuePairs<String, String> = [:]

    init(_ server: TestServer) {
        self.server = server
        gateway.remoteAddress = "192.0.2.7"
        gateway.isHTTPS = true
        gateway.hasProfileMarker = true
    }

    func get(_ target: String, method: HTTP.Method = .get, accept: String? = nil) -> Response {
        send(method, target, accept: accept)
    }

    func post(
        _ target: String, _ form: KeyValuePairs<String, String>, accept: String? = nil
    )
        -> Response
    {
        let body = form.map { percentEncoded($0) + "=" + percentEncoded($1) }.joined(separator: "&")
        return send(.post, target, body: Array(body.utf8), accept: accept)
    }

    func send(
        _ method: HTTP.Method, _ target: String, body: [UInt8] = [],
        type: String? = "application/x-www-form-urlencoded", accept: String? = nil
    ) -> Response {
        guard let parsed = RequestTarget(target) else {
            Issue.record("\(target) is no target")
            return Response(.badRequest)
        }
        var headers = Headers(self.headers)
        if !cookies.isEmpty {
            let text = cookies.map { "\($0)=\($1)" }.joined(separator: "; ")
            headers.append(Headers.Field(name: "HTTP_COOKIE", value: text))
        }
        if let accept { headers.append(Headers.Field(name: "HTTP_ACCEPT", value: accept)) }
        let response = server.respond(
            to: Request(
                method: method, path: parsed.path, query: parsed.query, headers: headers,
                contentType: body.isEmpty ? nil : type, body: body, gateway: gateway))
        for field in response.fields where field.name == "Set-Cookie" { keep(field.value) }
        return response
    }

    func plant(_ name: String, _ value: String) { cookies[name] = value }

    func forget(_ name: String) { cookies[name] = nil }

    private func keep(_ field: String) {
        let pair = field.prefix { $0 != ";" }
        guard let equals = pair.firstIndex(of: "=") else { return }
        let name = String(pair[..<equals])
        cookies[name] =
            field.contains("Max-Age=0") ? nil : String(pair[pair.index(after: equals)...])
    }

    /// Logs in through the form, as a person does.
    func logIn(
        _ username: String = "casuser", _ password: String = "Mellon", query: String = ""
    ) -> Response {
        let page = get("/cas/login" + query)
        return post(
            page.formAction ?? "/cas/login",
            [
                "username": username, "password": password,
                "execution": page.hiddenField("execution") ?? "", "_eventId": "submit",
            ])
    }

    /// The ticket that a fresh login gives for a service, in place of the session there was.
    func ticket(for service: String) throws -> String {
        let query = "?service=" + percentEncoded(service)
        let response = logIn(query: cookies["TGC"] == nil ? query : query + "&renew=true")
        return try #require(response.ticket)
    }
}

extension Response {
    var text: String { String(decoding: body, as: UTF8.self) }

    /// The ticket of a redirect.
    var ticket: String? {
        guard let location = self["Location"] else { return nil }
        return location.between("ticket=", "#") ?? location.after("ticket=")
    }

    var formAction: String? {
        text.between("method=\"post\" action=\"", "\"")?.unescaped
    }

    func hiddenField(_ name: String) -> String? {
        text.between("name=\"\(name)\" value=\"", "\"")?.unescaped
    }
}

extension String {
    /// The text behind the first occurrence of the start.
    func after(_ start: String) -> String? {
        let pattern = Array(start.utf8)
        let bytes = Array(utf8)
        guard bytes.count >= pattern.count else { return nil }
        for index in 0...(bytes.count - pattern.count)
        where bytes[index..<(index + pattern.count)].elementsEqual(pattern) {
            return String(decoding: bytes[(index + pattern.count)...], as: UTF8.self)
        }
        return nil
    }

    /// The text between the first occurrence of the start and the next of the end.
    func between(_ start: String, _ end: Character) -> String? {
        guard let rest = after(start), let index = rest.firstIndex(of: end) else { return nil }
        return String(rest[..<index])
    }

    fileprivate var unescaped: String {
        var text = self
        for (entity, character) in [
            ("&quot;", "\""), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"),
        ] {
            while let rest = text.after(entity) {
                let end = text.utf8.count - rest.utf8.count - entity.utf8.count
                text = String(decoding: text.utf8.prefix(end), as: UTF8.self) + character + rest
            }
        }
        return text
    }
}
