internal import JOSE
internal import JSON
internal import Platform

// The form of `ring.json`.
extension TokenKeyRing {
    /// The number that this form has in the file.
    private static let format: Int64 = 1

    /// The largest file, in bytes; some thousand rotations.
    static let bytesMax = 1 << 20

    var text: String {
        var root = JSONObject()
        root["format"] = .integer(Self.format)
        for layer in Layer.allCases {
            guard let keys = self[layer] else { continue }
            root[layer.rawValue] = [
                "current": keys.current.json, "next": keys.next.json,
                "previous": .array(keys.previous.map(\.json)),
            ]
        }
        return JSONValue.object(root).text(indented: true) + "\n"
    }

    /// - Throws: What is wrong, without the place.
    init(parsing bytes: [UInt8]) throws(TokenKeyFault) {
        let root: JSONObject?
        do {
            root = try JSONValue(parsing: bytes).objectValue
        } catch {
            throw TokenKeyFault("is damaged: \(error)")
        }
        guard let root, let format = root["format"]?.integerValue else {
            throw TokenKeyFault("is not the list of keys that casd has written")
        }
        guard format == Self.format else {
            throw TokenKeyFault("is of another release of casd (format \(format))")
        }
        for layer in Layer.allCases {
            guard let value = root[layer.rawValue] else { continue }
            guard let keys = value.objectValue, let previous = keys["previous"]?.arrayValue else {
                throw TokenKeyFault("is damaged: \(layer.rawValue) names no keys")
            }
            var succession = Succession(
                current: try Entry(keys["current"], layer), next: try Entry(keys["next"], layer))
            for value in previous { succession.previous.append(try Entry(value, layer)) }
            self[layer] = succession
        }
        guard Set(entries.map(\.id)).count == entries.count else {
            throw TokenKeyFault("is damaged: it names a key twice")
        }
    }
}

extension TokenKeyRing.Entry {
    fileprivate var json: JSONValue {
        var object = JSONObject()
        object["id"] = .string(id)
        object["algorithm"] = .string(algorithm)
        object["made"] = .string(made.secondsText)
        object["retired"] = retired.map { .string($0.secondsText) }
        return .object(object)
    }

    fileprivate init(
        _ value: JSONValue?, _ layer: TokenKeyRing.Layer
    ) throws(TokenKeyFault) {
        guard let object = value?.objectValue, let id = object["id"]?.stringValue,
            let algorithm = object["algorithm"]?.stringValue,
            let made = object["made"]?.stringValue.flatMap(Instant.init(rfc3339:))
        else { throw TokenKeyFault("is damaged: a key of \(layer.rawValue) lacks something") }
        // The identifier becomes the name of a file.
        guard bytes(hexadecimal: id)?.count == 8 else {
            throw TokenKeyFault("is damaged: a key of \(layer.rawValue) has no identifier")
        }
        let isKnown =
            switch layer {
            case .signing: SignatureAlgorithm(rawValue: algorithm) != nil
            case .encryption: ContentEncryption(rawValue: algorithm) != nil
            }
        guard isKnown else {
            throw TokenKeyFault("key \(id) is for an algorithm that this release does not know")
        }
        var retired: Instant?
        if let value = object["retired"] {
            retired = value.stringValue.flatMap(Instant.init(rfc3339:))
            guard retired != nil else {
                throw TokenKeyFault("is damaged: key \(id) has no time for retired")
            }
        }
        self.init(id: id, algorithm: algorithm, made: made, retired: retired)
    }
}

extension Instant {
    /// The instant as `2026-05-01T07:55:39Z`.
    fileprivate var secondsText: String { rfc3339.prefix(19) + "Z" }
}
