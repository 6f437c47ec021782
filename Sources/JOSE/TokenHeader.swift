internal import JSON
internal import Platform

/// The protected header of one layer that is read.
struct TokenHeader {
    /// Which of the two kinds of tokens the header is of.
    enum Layer {
        /// JWS (RFC 7515).
        case signed
        /// JWE (RFC 7516).
        case encrypted
    }

    /// The longest header, in bytes of its JSON.
    static let bytesMax = 2 << 10

    let algorithm: String
    let encryption: String?
    let isCompressed: Bool
    let keyID: String?

    /// Reads the first segment of a token.
    ///
    /// - Throws: If it is no strict JSON, or has a member that would change the token's meaning.
    init(_ segment: ArraySlice<UInt8>, of layer: Layer) throws(JOSEError) {
        guard segment.count <= Self.bytesMax * 4 / 3 + 2 else {
            throw .malformed("header of more than \(Self.bytesMax) bytes")
        }
        guard let bytes = bytes(base64: segment, .url) else {
            throw .malformed("header not in base64url")
        }
        let value: JSONValue
        do throws(JSONSyntaxError) {
            value = try JSONValue(parsing: bytes, bytesMax: Self.bytesMax)
        } catch {
            throw .malformed("header not in JSON")
        }
        guard let object = value.objectValue else { throw .malformed("header not an object") }
        // Whoever does not understand what is critical must refuse (RFC 7515 §4.1.11), and casd
        // understands nothing of it; an encoding that is off (RFC 7797) needs it, too.
        if object["crit"] != nil { throw .malformed("header with crit") }
        if object["b64"] != nil { throw .malformed("header with b64") }
        guard let algorithm = object["alg"]?.stringValue else {
            throw .malformed("header without alg")
        }
        self.algorithm = algorithm
        keyID = try Self.text("kid", of: object)
        encryption = try Self.text("enc", of: object)
        guard (encryption != nil) == (layer == .encrypted) else {
            throw .malformed("header with enc where none should be, or without")
        }
        switch try Self.text("zip", of: object) {
        case nil: isCompressed = false
        case "DEF" where layer == .encrypted: isCompressed = true
        default: throw .malformed("header with another zip than DEF")
        }
        for name in ["typ", "cty"] {
            // Media types are the same in either case (RFC 7519 §5.1).
            guard let type = try Self.text(name, of: object) else { continue }
            guard type.utf8.count == 3, type.uppercased() == "JWT" else {
                throw .malformed("header with another \(name) than JWT")
            }
        }
    }

    private static func text(
        _ name: String, of object: JSONObject
    ) throws(JOSEError) -> String? {
        guard let value = object[name] else { return nil }
        guard let text = value.stringValue else {
            throw .malformed("header whose \(name) is not a string")
        }
        return text
    }
}

/// The protected header of one layer that is written: all but the key's identifier is known before.
struct HeaderTemplate: Sendable {
    private let start: [UInt8]
    private let end: [UInt8]
    /// The whole header in base64url; `nil` if each token has an identifier of its own.
    private let encoded: [UInt8]?

    /// - Parameters:
    ///   - members: The members in front of `kid`.
    ///   - keyID: `nil` for a random UUID.
    ///   - serviceMember: The number of the service whose keys are used, if they are its own.
    init(_ members: JSONObject, keyID: String?, serviceMember: String?) {
        var object = members
        // A character that JSON does not escape, and that is in none of the other members.
        object["kid"] = .string(keyID ?? "\u{7F}")
        if let serviceMember {
            object["org.apereo.cas.services.RegisteredService"] = .string(serviceMember)
        }
        let text = Array(JSONValue.object(object).text().utf8)
        if keyID == nil, let place = text.firstIndex(of: 0x7F) {
            start = Array(text[..<place])
            end = Array(text[(place + 1)...])
            encoded = nil
        } else {
            start = []
            end = []
            encoded = base64Characters(text, .url)
        }
    }

    /// The header in base64url.
    func characters(random: RandomBytes) throws(JOSEError) -> [UInt8] {
        if let encoded { return encoded }
        return base64Characters(start + (try uuid(random)) + end, .url)
    }
}

/// A random UUID (RFC 9562 §5.4) in ASCII.
private func uuid(_ random: RandomBytes) throws(JOSEError) -> [UInt8] {
    var bytes = random(16)
    guard bytes.count == 16 else { throw .key }
    bytes[6] = bytes[6] & 0x0F | 0x40
    bytes[8] = bytes[8] & 0x3F | 0x80
    var text: [UInt8] = []
    text.reserveCapacity(36)
    for (index, byte) in bytes.enumerated() {
        if index == 4 || index == 6 || index == 8 || index == 10 {
            text.append(UInt8(ascii: "-"))
        }
        text.append(digit(byte >> 4))
        text.append(digit(byte & 15))
    }
    return text
}

private func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
}
