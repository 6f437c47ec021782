package import JSON
internal import OpenSSL
internal import Platform

extension JSONWebKey {
    private static let jwkBytesMax = 32 << 10

    static func material(jwk: [UInt8]) throws(JSONWebKeyError) -> Material {
        let value: JSONValue
        do throws(JSONSyntaxError) {
            value = try JSONValue(parsing: jwk, bytesMax: jwkBytesMax)
        } catch {
            throw JSONWebKeyError(reason: "a key in JSON, but \(error)")
        }
        guard let object = value.objectValue else {
            throw JSONWebKeyError(reason: "a key in JSON is an object")
        }
        let members = KeyMembers(object: object)
        let components: KeyComponents
        switch object["kty"]?.stringValue {
        case "oct": return .octets(SecretBytes(try members.bytes("k")))
        case "RSA": components = try members.rsa()
        case "EC": components = try members.ec()
        case "OKP":
            guard object["crv"]?.stringValue == "Ed25519" else {
                throw JSONWebKeyError(reason: "a curve other than Ed25519 in a key of kind OKP")
            }
            components = .ed25519(
                public: try members.bytes("x"), private: try members.optionalBytes("d"))
        default:
            throw JSONWebKeyError(reason: "a key in JSON whose kty is not oct, RSA, EC or OKP")
        }
        do throws(AsymmetricKeyError) {
            return .pair(try AsymmetricKey(components))
        } catch {
            throw JSONWebKeyError(reason: error.reason)
        }
    }

    /// The public half as JSON, for a set of keys; `nil` for octets.
    package func publicJWK(keyID: String?, algorithm: SignatureAlgorithm?) -> JSONObject? {
        guard let numbers = publicNumbers else { return nil }
        var object = JSONObject()
        object["kty"] = .string(numbers.kty)
        if let keyID { object["kid"] = .string(keyID) }
        object["use"] = "sig"
        if let algorithm { object["alg"] = .string(algorithm.rawValue) }
        for (name, value) in numbers.members { object[name] = .string(value) }
        return object
    }

    /// The key's fingerprint (RFC 7638): SHA-256 in base64url, 43 characters; `nil` for octets.
    package var thumbprint: String? {
        guard let numbers = publicNumbers else { return nil }
        var members = numbers.members
        members.append(("kty", numbers.kty))
        members.sort { $0.0 < $1.0 }
        let object = JSONObject(pairs: members.map { ($0.0, .string($0.1)) })
        return base64(sha256(Array(JSONValue.object(object).text().utf8)), .url)
    }

    /// The kind and the public numbers by RFC 7518's names.
    private var publicNumbers: (kty: String, members: [(String, String)])? {
        guard case .pair(let pair) = material else { return nil }
        switch pair.publicComponents {
        case .rsa(let modulus, let exponent, _):
            return ("RSA", [("n", base64(modulus, .url)), ("e", base64(exponent, .url))])
        case .ec(let curve, let x, let y, _):
            return (
                "EC",
                [("crv", curve.rawValue), ("x", base64(x, .url)), ("y", base64(y, .url))]
            )
        case .ed25519(let point, _):
            return ("OKP", [("crv", "Ed25519"), ("x", base64(point, .url))])
        }
    }
}

/// The members of a key in JSON.
private struct KeyMembers {
    let object: JSONObject

    func bytes(_ name: String) throws(JSONWebKeyError) -> [UInt8] {
        guard let bytes = try optionalBytes(name) else {
            throw JSONWebKeyError(reason: "a key in JSON without \(name)")
        }
        return bytes
    }

    func optionalBytes(_ name: String) throws(JSONWebKeyError) -> [UInt8]? {
        guard let value = object[name] else { return nil }
        guard let text = value.stringValue, let bytes = Platform.bytes(base64: text, .url),
            !bytes.isEmpty
        else {
            throw JSONWebKeyError(
                reason: "\(name) of a key in JSON is not base64url without padding")
        }
        return bytes
    }

    /// A number without zeros in front (RFC 7518 §2).
    private func number(_ name: String) throws(JSONWebKeyError) -> [UInt8] {
        let bytes = try bytes(name)
        guard bytes.first != 0 else {
            throw JSONWebKeyError(reason: "\(name) of a key in JSON begins with zeros")
        }
        return bytes
    }

    func rsa() throws(JSONWebKeyError) -> KeyComponents {
        guard object["oth"] == nil else {
            throw JSONWebKeyError(reason: "RSA of more than two primes")
        }
        let modulus = try number("n")
        let exponent = try number("e")
        guard object["d"] != nil else {
            return .rsa(modulus: modulus, exponent: exponent, private: nil)
        }
        return .rsa(
            modulus: modulus, exponent: exponent,
            private: RSAPrivateComponents(
                d: try bytes("d"), p: try bytes("p"), q: try bytes("q"), dp: try bytes("dp"),
                dq: try bytes("dq"), qi: try bytes("qi")))
    }

    func ec() throws(JSONWebKeyError) -> KeyComponents {
        guard let curve = object["crv"]?.stringValue.flatMap(EllipticCurve.init(rawValue:)) else {
            throw JSONWebKeyError(reason: "a curve other than P-256, P-384 and P-521")
        }
        return .ec(
            curve, x: try bytes("x"), y: try bytes("y"), private: try optionalBytes("d"))
    }
}
