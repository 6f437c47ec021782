internal import JOSE
internal import JSON
internal import Platform

/// The keys that there are, without the keys.
struct KeyReport: ToolReport {
    struct Row: Hashable {
        /// The identifier, or what the configuration calls the key.
        var id: String
        /// `signing`, `encryption` or `sealing`.
        var purpose: String
        /// `current`, `next`, `previous` or `configured`.
        var state: String
        var algorithm: String
        var made: Instant?
        var retired: Instant?
        /// The `kid` of its tokens; secrets have none.
        var keyID: String?
    }

    private(set) var rows: [Row] = []
    /// What is wrong with some of them.
    private(set) var faults: [String] = []

    init(_ here: KeyTools.Surroundings) throws {
        let ring = here.source.usesRing ? try here.source.folder.readRing() : nil
        for layer in TokenKeyRing.Layer.allCases where here.source.has(layer) {
            if let name = here.configured[layer] {
                rows.append(here.source.row(layer, name))
            } else if let keys = ring?[layer] {
                add(keys, layer, here.source.folder)
            }
        }
        addSealing(here.sealingDirectory)
    }

    private mutating func add(
        _ keys: TokenKeyRing.Succession, _ layer: TokenKeyRing.Layer, _ folder: TokenKeyFolder
    ) {
        for (index, entry) in keys.all.enumerated() {
            let state = index == 0 ? "current" : index == 1 ? "next" : "previous"
            var row = Row(
                id: entry.id, purpose: layer.rawValue, state: state, algorithm: entry.algorithm,
                made: entry.made, retired: index < 2 ? nil : entry.retired)
            do {
                row.keyID =
                    switch layer {
                    case .signing: try folder.signing(entry).keyID
                    case .encryption: try folder.encryption(entry, isCompressed: false).keyID
                    }
            } catch {
                faults.append("\(error)")
            }
            rows.append(row)
        }
    }

    /// Losing the error is right: what seals is made when casd starts.
    private mutating func addSealing(_ directory: String) {
        let names = ((try? File.names(in: directory)) ?? []).filter {
            $0.hasPrefix("seal-") && $0.hasSuffix(".key")
        }
        for (index, name) in names.reversed().enumerated() {
            let id = String(name.dropFirst("seal-".count).dropLast(".key".count))
            let made = Int64(id.prefix(8), radix: 16).map { Instant(milliseconds: $0 * 1000) }
            rows.append(
                Row(
                    id: id, purpose: "sealing", state: index == 0 ? "current" : "previous",
                    algorithm: "A256GCM", made: made))
        }
    }

    var text: String {
        guard !rows.isEmpty else { return "There are no keys yet; casd makes them.\n" }
        var table = TextTable("KEY", "PURPOSE", "STATE", "ALGORITHM", "MADE", "RETIRED", "KID")
        table.rows = rows.map { row in
            [
                row.id, row.purpose, row.state, row.algorithm, row.made?.shown ?? "",
                row.retired?.shown ?? "", row.keyID ?? "",
            ]
        }
        return table.text + faults.map { "Cannot be used: \($0.shown)\n" }.joined()
    }

    var json: JSONValue {
        [
            "keys": .array(
                rows.map { row in
                    [
                        "key": .string(row.id), "purpose": .string(row.purpose),
                        "state": .string(row.state), "algorithm": .string(row.algorithm),
                        "made": row.made.map { .string($0.rfc3339) } ?? .null,
                        "retired": row.retired.map { .string($0.rfc3339) } ?? .null,
                        "kid": row.keyID.map(JSONValue.string) ?? .null,
                    ]
                }),
            "faults": .array(faults.map(JSONValue.string)),
        ]
    }

    var status: ToolStatus { faults.isEmpty ? .good : .remarkable }
}

extension TokenKeySource {
    /// The row of a configured key.
    fileprivate func row(_ layer: TokenKeyRing.Layer, _ name: String) -> KeyReport.Row {
        let (algorithm, keyID) =
            switch layer {
            case .signing: (signing?.algorithm.rawValue, signing?.keyID)
            case .encryption:
                (
                    encryption.map { "\($0.management.rawValue) \($0.content.rawValue)" },
                    encryption?.keyID
                )
            }
        return KeyReport.Row(
            id: name, purpose: layer.rawValue, state: "configured", algorithm: algorithm ?? "",
            keyID: keyID)
    }
}
