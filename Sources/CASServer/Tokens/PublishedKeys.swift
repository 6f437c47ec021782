internal import JSON
internal import OpenSSL
internal import Platform
internal import Services

/// The key set that `/jwks` gives out (RFC 7517 §5), made anew only when keys or definitions have
/// changed.
final class PublishedKeys: Sendable {
    struct Document: Sendable {
        let body: [UInt8]
        /// A strong entity tag.
        let tag: String
    }

    private struct Made {
        let own: [JSONObject]
        let services: [RegisteredService]
        let document: Document
    }

    private let tokens: TicketTokens
    private let made = Lock<Made?>(nil)

    init(_ tokens: TicketTokens) {
        self.tokens = tokens
    }

    /// The keys that verify signatures: casd's own, then those of services; secrets are none.
    func document(for services: [RegisteredService], at now: Instant) -> Document {
        let own = tokens.keys.current.publicKeys
        let last = made.withLock { $0 }
        if let last, last.own == own, last.services.elementsEqual(services, by: ===) {
            return last.document
        }
        var keys = own
        var seen = Set(own)
        var isComplete = true
        for service in services where service.ticketTokens != nil {
            do {
                let key = try tokens.serviceKeys.material(for: service, at: now)?.publicJWK
                if let key, seen.insert(key).inserted { keys.append(key) }
            } catch {
                // It is reported where it is used, and by `casd check`; it may be mended soon.
                isComplete = false
            }
        }
        let set: JSONValue = ["keys": .array(keys.map(JSONValue.object))]
        let body = Array(set.text().utf8)
        let document = Document(
            body: body, tag: "\"\(hexadecimal(Array(sha256(body).prefix(16))))\"")
        if isComplete {
            made.withLock { $0 = Made(own: own, services: services, document: document) }
        }
        return document
    }
}
