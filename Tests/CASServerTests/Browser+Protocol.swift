import HTTP
import Platform
import Testing

extension Browser {
    /// Asks for a service at `/login`; `extra` begins with `&`.
    func enter(_ service: String, _ extra: String = "") -> Response {
        get("/cas/login?service=" + percentEncoded(service) + extra)
    }

    /// Validates a ticket; `extra` begins with `&`.
    func validate(
        _ ticket: String, for service: String, at path: String = "p3/serviceValidate",
        _ extra: String = ""
    ) -> Response {
        get(
            "/cas/\(path)?service=\(percentEncoded(service))&ticket=\(percentEncoded(ticket))"
                + extra)
    }

    /// Enters a service whose ticket is validated, so that it has a session of its own.
    func use(_ service: String) throws -> String {
        let ticket = try #require(enter(service).ticket)
        try #require(validate(ticket, for: service).isSuccess)
        return ticket
    }

    /// Sends a login form that was opened before.
    func submit(
        _ page: Response, _ username: String = "casuser", _ password: String = "Mellon",
        ticking boxes: [String] = []
    ) -> Response {
        var fields = [
            ("username", username), ("password", password),
            ("execution", page.hiddenField("execution") ?? ""), ("_eventId", "submit"),
        ]
        fields += boxes.map { ($0, "true") }
        let body = fields.map { percentEncoded($0) + "=" + percentEncoded($1) }
        return send(
            .post, page.formAction ?? "/cas/login", body: Array(body.joined(separator: "&").utf8))
    }

    /// Logs in with boxes ticked.
    func logIn(query: String = "", ticking boxes: [String]) -> Response {
        submit(get("/cas/login" + query), ticking: boxes)
    }
}

extension Response {
    var isLoginForm: Bool { status == .ok && text.contains("name=\"password\"") }

    /// Whether the page shows that user, and not a word that happens to be the same.
    func names(_ user: String) -> Bool { text.contains("<bdi>\(user)</bdi>") }

    var isSuccess: Bool { text.contains("<cas:authenticationSuccess>") }

    /// The code of a validation that failed, in XML.
    var failureCode: String? { text.between("<cas:authenticationFailure code=\"", "\"") }

    /// The code of a refused proxy ticket.
    var proxyFailureCode: String? { text.between("<cas:proxyFailure code=\"", "\"") }

    /// The whole field that sets a cookie.
    func cookie(_ name: String) -> String? {
        fields.first { $0.name == "Set-Cookie" && $0.value.hasPrefix(name + "=") }?.value
    }
}

extension TestServer {
    /// The lines of the log that give a reason: refusals.
    var reasons: [String] {
        get throws {
            try log.split(separator: "\n").map(String.init).filter { $0.contains("\"reason\":") }
        }
    }

    /// What the clock shows.
    var time: Instant { now.withLock { $0 } }
}

/// The value of a query parameter of an address, decoded once.
func parameter(_ name: String, of address: String) -> String? {
    guard let query = address.after("?") else { return nil }
    for pair in query.split(separator: "&") where pair.hasPrefix(name + "=") {
        return percentDecoded(String(pair.dropFirst(name.count + 1)))
    }
    return nil
}

/// The text that an encoded one stands for; `+` is a space.
func percentDecoded(_ text: String) -> String {
    var decoded: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "%"), let high = rest.popFirst().flatMap(hexadecimalDigit),
            let low = rest.popFirst().flatMap(hexadecimalDigit)
        {
            decoded.append(high << 4 | low)
        } else {
            decoded.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
        }
    }
    return String(decoding: decoded, as: UTF8.self)
}
