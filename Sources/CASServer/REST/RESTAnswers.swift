internal import Authentication
internal import HTTP
internal import JSON

/// What `POST /v1/tickets` answers in, by the `Accept` field.
enum TicketRepresentation: Sendable {
    /// The page with a form that clients scrape.
    case html
    /// The bare identifier, under the given media type.
    case bare(String)

    /// Reads `Accept` as Apereo does: by its beginning first, then by the first type that is known.
    ///
    /// - Returns: `nil` if nothing that the client takes can be produced.
    init?(accept: String?) {
        let text = (accept ?? "").trimmed
        if text.isEmpty || text.hasPrefix("*/*") || text.lowercased().hasPrefix("text/html") {
            self = .html
            return
        }
        for range in text.split(separator: ",") {
            switch String(range.prefix { $0 != ";" }).trimmed.lowercased() {
            case "application/json", "application/*": self = .bare("application/json")
            case "text/plain", "text/*", "*/*": self = .bare("text/plain;charset=UTF-8")
            case "application/x-www-form-urlencoded":
                self = .bare("application/x-www-form-urlencoded")
            case "text/html": self = .html
            default: continue
            }
            return
        }
        return nil
    }
}

extension String {
    /// The text without blanks at both ends.
    fileprivate var trimmed: String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        return String(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
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
}
