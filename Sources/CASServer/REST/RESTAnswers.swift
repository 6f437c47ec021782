internal import Authentication
internal import CASProtocol
internal import HTTP
internal import JSON
internal import Platform
internal import Tickets

/// An answer that ends a request before its work is done.
struct RESTAnswered: Error {
    let response: Response

    init(_ response: Response) {
        self.response = response
    }
}

/// The bodies of REST answers, as clients know them from Apereo.
enum RESTAnswer {
    /// The page of a new ticket-granting ticket, byte for byte as clients scrape it, its broken
    /// document type included.
    ///
    /// - Parameter location: The address of the ticket; it holds only characters that need no
    ///   escape.
    static func createdPage(location: String) -> String {
        #"<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\"><html><head><title>201 CREATED"#
            + #"</title></head><body><h1>TGT Created</h1><form action="\#(location)" "#
            + #"method="POST">Service:<input type="text" name="service" value=""><br>"#
            + #"<input type="submit" value="Submit"></form></body></html>"#
    }

    /// 401 with the typed JSON that Apereo's clients expect.
    static func unauthorized(_ failure: AuthenticationFailure) -> Response {
        let entry = "Authentication Failure: 1 errors, 0 successes:\(failure.apereoText)"
        let document: JSONValue = [
            "@class": "java.util.HashMap",
            "authentication_exceptions": ["java.util.ArrayList", [.string(entry)]],
        ]
        return Response(
            .unauthorized, type: "application/json;charset=UTF-8",
            body: Array(document.text(indented: true).utf8))
    }

    /// An error of the framework (RFC 9457); nothing of the request is repeated.
    static func problem(_ status: Status, detail: String) -> Response {
        let document: JSONValue = [
            "type": "about:blank", "title": .string(status.reason),
            "status": .integer(Int64(status.rawValue)), "detail": .string(detail),
        ]
        return Response(
            status, type: "application/problem+json", body: Array(document.text().utf8))
    }

    /// An error of a ticket's resource: bare text, which Apereo's clients show; a problem for
    /// those that want JSON.
    static func refusal(
        _ status: Status, _ text: String, as representation: RESTRepresentation
    ) -> Response {
        representation == .json ? problem(status, detail: text) : .text(text, status)
    }

    /// 503 for what may go well in a few seconds.
    static func unavailable(_ detail: String) -> Response {
        var response = problem(.serviceUnavailable, detail: detail)
        response.set("Retry-After", "5")
        return response
    }

    /// What clients get while failures slow an account or an address down; 423 is Apereo's status.
    static func throttled(_ status: Status, retryAfter: Duration) -> Response {
        var response = problem(status, detail: "Too many attempts have failed; try again later")
        let seconds = max(1, (retryAfter.milliseconds + 999) / 1000)
        response.set("Retry-After", "\(seconds)")
        return response
    }

    static func json(_ document: JSONValue, _ status: Status = .ok) -> Response {
        Response(
            status, type: "application/json;charset=UTF-8", body: Array(document.text().utf8))
    }

    /// The outcome of an authentication, in the shape of Apereo's (`POST /v1/users`); headers of
    /// the request are not repeated.
    static func authentication(
        of principal: Principal, _ event: AuthenticationEvent, for service: ServiceURL?
    ) -> JSONValue {
        let packageName = "org.apereo.cas.authentication"
        let person: JSONValue = [
            "@class": .string("\(packageName).principal.SimplePrincipal"),
            "id": .string(principal.id),
            "attributes": attributes(principal.attributes),
        ]
        let successes = event.handlers.map { handler -> (String, JSONValue) in
            (handler, ["handlerName": .string(handler), "principal": person])
        }
        let credentials = event.credentialTypes.map { type -> JSONValue in
            ["credentialMetadata": ["id": .string(principal.id), "credentialClass": .string(type)]]
        }
        let authentication: JSONValue = [
            "@class": .string("\(packageName).DefaultAuthentication"),
            "authenticationDate": .string(event.date.rfc3339),
            "principal": person,
            "credentials": .array(credentials),
            "attributes": [
                "credentialType": strings(event.credentialTypes),
                "authenticationMethod": strings(event.handlers),
                "successfulAuthenticationHandlers": strings(event.handlers),
            ],
            "successes": .object(JSONObject(pairs: successes)),
        ]
        guard let service else { return ["authentication": authentication] }
        let address = JSONValue.string(service.text)
        return [
            "authentication": authentication,
            "service": ["id": address, "originalUrl": address],
        ]
    }

    private static func attributes(_ attributes: Attributes) -> JSONValue {
        .object(JSONObject(pairs: attributes.entries.map { ($0.name, strings($0.values)) }))
    }

    private static func strings(_ texts: [String]) -> JSONValue {
        .array(texts.map { .string($0) })
    }
}
