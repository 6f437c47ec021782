internal import Authentication
internal import CASProtocol
internal import JSON
internal import OpenSSL
internal import Platform

/// The decision about a certificate, for people and for programs.
struct CertificateReport: ToolReport {
    private let explanation: CertificateExplanation
    private let notes: [String]
    private let now: Instant

    init(_ explanation: CertificateExplanation, notes: [String], at now: Instant) {
        self.explanation = explanation
        self.notes = notes
        self.now = now
    }

    var status: ToolStatus { explanation.accepted == nil ? .remarkable : .good }

    var text: String {
        var text = ""
        for note in notes { text += "note: \(note.shown)\n" }
        if let certificate = explanation.certificate { text += Self.text(of: certificate) + "\n" }
        var steps = TextTable("STEP", "", "FOUND")
        steps.rows = explanation.steps.map { [$0.name.rawValue, $0.verdict.word, $0.text] }
        steps.cellMax = 400
        text += steps.text
        if !explanation.path.isEmpty { text += "\nPath, the certificate first:\n" + pathText }
        for entry in explanation.revocation?.certificates ?? [] {
            text += "\nRevocation of \(entry.certificate.subject.rfc2253.shown): "
            text += "\(entry.verdict.words.shown)\n" + Self.text(of: entry.steps)
        }
        if let accepted = explanation.accepted {
            text += "\nAccepted at \(now.shown) as \(accepted.principal.id.shown)\n"
        } else {
            text += "\nRefused at \(now.shown): \((explanation.refusal ?? "").shown)\n"
        }
        return text
    }

    private static func text(of certificate: X509Certificate) -> String {
        var facts = FactList()
        facts.add("subject", certificate.subject.rfc2253)
        facts.add("issuer", certificate.issuer.rfc2253)
        facts.add("serial number", certificate.serialNumber.hexadecimal)
        facts.add(
            "valid",
            "\(certificate.validity.lowerBound.shown) to \(certificate.validity.upperBound.shown)")
        facts.add("SHA-256", hexadecimal(certificate.sha256))
        facts.add("key's SHA-256", hexadecimal(certificate.publicKeyDigest))
        let names = certificate.alternativeNames
        let others = names.emails + names.userPrincipalNames + names.uris + names.dnsNames
        if !others.isEmpty { facts.add("other names", others.joined(separator: ", ")) }
        return facts.text
    }

    private var pathText: String {
        var table = TextTable("DEPTH", "SUBJECT", "SERIAL NUMBER", "VALID UNTIL")
        table.rows = explanation.path.enumerated().map { depth, certificate in
            [
                "\(depth)", certificate.subject.rfc2253, certificate.serialNumber.hexadecimal,
                certificate.validity.upperBound.shown,
            ]
        }
        return table.text
    }

    private static func text(of steps: [RevocationStep]) -> String {
        var table = TextTable("SOURCE", "SAYS", "MADE", "NEXT", "NUMBER", "ENTRIES", "PLACE")
        table.cellMax = 200
        table.rows = steps.map { step in
            [
                step.source.rawValue, step.words, step.thisUpdate?.shown ?? "-",
                step.nextUpdate?.shown ?? "-", step.number ?? "-",
                step.count.map { "\($0)" } ?? "-", step.place.isEmpty ? "-" : step.place,
            ]
        }
        return table.text
    }

    var json: JSONValue {
        [
            "accepted": .bool(explanation.accepted != nil),
            "principal": .text(explanation.accepted?.principal.id),
            "refused_because": .text(explanation.accepted == nil ? explanation.refusal : nil),
            "at": .string(now.rfc3339),
            "certificate": explanation.certificate.map(\.json) ?? .null,
            "path": .array(explanation.path.map(\.json)),
            "steps": .array(
                explanation.steps.map { step in
                    [
                        "name": .string(step.name.rawValue), "verdict": .string(step.verdict.word),
                        "text": .string(step.text),
                    ]
                }),
            "revocation": .array(
                (explanation.revocation?.certificates ?? []).map { entry in
                    [
                        "certificate": .string(entry.certificate.subject.rfc2253),
                        "verdict": .string(entry.verdict.words),
                        "sources": .array(entry.steps.map(\.json)),
                    ]
                }),
            "notes": .array(notes.map(JSONValue.string)),
        ]
    }
}

extension CertificateExplanation.Step.Verdict {
    fileprivate var word: String {
        switch self {
        case .good: "ok"
        case .bad: "REFUSED"
        case .skipped: "-"
        }
    }
}

extension RevocationFinding.Verdict {
    fileprivate var words: String {
        switch self {
        case .good: "not revoked"
        case .revoked(let time, let reason): revokedWords(time, reason)
        case .undecided(let why, let isTolerated):
            "unknown\(isTolerated ? ", which is allowed" : ""): \(why)"
        }
    }
}

private func revokedWords(_ time: Instant?, _ reason: String?) -> String {
    "revoked" + (time.map { " at \($0.shown)" } ?? "") + (reason.map { " (\($0))" } ?? "")
}

extension RevocationStep {
    fileprivate var words: String {
        let words =
            switch statement {
            case .good: "good"
            case .tolerated: "good, expired but tolerated"
            case .revoked(let time, let reason): revokedWords(time, reason)
            case .expired: "expired"
            case .unusable(let why): why
            }
        return note.map { "\(words) (\($0))" } ?? words
    }

    fileprivate var json: JSONValue {
        [
            "source": .string(source.rawValue), "place": .string(place), "says": .string(words),
            "this_update": .text(thisUpdate?.rfc3339), "next_update": .text(nextUpdate?.rfc3339),
            "number": .text(number), "entries": count.map { .integer(Int64($0)) } ?? .null,
        ]
    }
}

extension X509Certificate {
    fileprivate var json: JSONValue {
        [
            "subject": .string(subject.rfc2253), "issuer": .string(issuer.rfc2253),
            "serial_number": .string(serialNumber.hexadecimal),
            "not_before": .string(validity.lowerBound.rfc3339),
            "not_after": .string(validity.upperBound.rfc3339),
            "sha256": .string(hexadecimal(sha256)),
            "key_sha256": .string(hexadecimal(publicKeyDigest)),
        ]
    }
}

extension JSONValue {
    fileprivate static func text(_ text: String?) -> JSONValue {
        text.map(JSONValue.string) ?? .null
    }
}

/// The revocation lists that are there, for people and for programs.
struct RevocationListReport: ToolReport {
    let facts: [RevocationListFacts]
    let sources: [RevocationRules.Source]
    let now: Instant

    var status: ToolStatus {
        facts.contains { $0.failure != nil || $0.isExpired(at: now) } ? .remarkable : .good
    }

    var text: String {
        var table = TextTable("ISSUER", "NUMBER", "ENTRIES", "MADE", "NEXT", "STATE", "PLACE")
        table.cellMax = 200
        table.rows = facts.map { facts in
            [
                facts.issuer.isEmpty ? "-" : facts.issuer, facts.number ?? "-",
                facts.count.map { "\($0)" } ?? "-",
                facts.age.map { "\($0.shown) ago" } ?? "-", facts.nextWords(at: now),
                facts.failure ?? (facts.isExpired(at: now) ? "expired" : "in force"), facts.place,
            ]
        }
        let others = sources.filter { $0 != .files }.map(\.rawValue)
        let rest =
            others.isEmpty
            ? ""
            : "Also asked, by the running service when certificates come: "
                + "\(others.joined(separator: ", ")).\n"
        return (facts.isEmpty ? "There are no lists in files.\n" : table.text) + rest
    }

    var json: JSONValue {
        [
            "lists": .array(
                facts.map { facts in
                    [
                        "source": .string(facts.source.rawValue), "place": .string(facts.place),
                        "issuer": .string(facts.issuer), "number": .text(facts.number),
                        "entries": facts.count.map { .integer(Int64($0)) } ?? .null,
                        "this_update": .text(facts.thisUpdate?.rfc3339),
                        "next_update": .text(facts.nextUpdate?.rfc3339),
                        "expired": .bool(facts.isExpired(at: now)),
                        "failure": .text(facts.failure),
                        "failures": .integer(Int64(facts.failureCount)),
                    ]
                })
        ]
    }
}

extension RevocationListFacts {
    fileprivate func nextWords(at now: Instant) -> String {
        guard let nextUpdate else { return "-" }
        return now > nextUpdate
            ? "\((now - nextUpdate).shown) ago" : "in \((nextUpdate - now).shown)"
    }
}
