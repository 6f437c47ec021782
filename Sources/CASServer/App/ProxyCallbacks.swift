internal import CASProtocol
internal import OpenSSL
internal import Outbound
internal import Platform
internal import SSO

/// The way of a proxy granting ticket to the service that asked for it.
enum ProxyCallbacks {
    /// One GET of the callback with `pgtIou` and `pgtId` (CAS 3.0 §2.5.4); only 200 counts.
    static func delivering(
        by send: @escaping OutboundSend, calls: CallLimit
    ) -> ProxyCallback {
        { callback, ticket, receipt throws(ProxyCallbackFailure) in
            guard calls.enter() else {
                throw ProxyCallbackFailure(reason: "too many calls at once")
            }
            defer { calls.leave() }
            // Both are characters that need no encoding.
            let separator = callback.location.utf8.contains(UInt8(ascii: "?")) ? "&" : "?"
            let query = "pgtIou=\(receipt.wireValue)&pgtId=\(ticket.wireValue)"
            let response: OutboundResponse
            do throws(OutboundError) {
                response = try send(
                    OutboundRequest(url: callback.location + separator + query))
            } catch {
                throw ProxyCallbackFailure(reason: error.reasonClass)
            }
            guard response.status == 200 else {
                throw ProxyCallbackFailure(reason: "status \(response.status)")
            }
        }
    }

    /// A ticket for a service that takes it from the answer: RSA (PKCS #1 v1.5, Java's `RSA`),
    /// Base64.
    static let encrypted: TicketEncryption = { text, keyFile in
        // Losing the errors is right: the caller says that the key cannot be used.
        guard let content = try? File.read(keyFile, limit: 64 << 10),
            let key = try? RSAPublicKey(content),
            let encrypted = try? key.encrypt(Array(text.utf8))
        else { return nil }
        return base64(encrypted)
    }
}
