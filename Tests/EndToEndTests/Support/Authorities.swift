import Foundation
import Platform
import TestSupport
import Testing

/// A hierarchy of authorities, as real ones are, and their revocation lists.
final class Authorities: Sendable {
    /// An anchor, and authorities below it: one, two, one with limits, one that was revoked.
    let root, middle, low, narrow, short, belowShort, fallen: TestCA
    /// Anchors whose list has expired a day ago, has expired long ago, or is nowhere.
    let stale, ancient, unlisted: TestCA
    /// Anchors whose certificates name a server of lists, and a responder.
    let points, responder: TestCA

    /// The serial number of the certificate that the root's list names.
    static let revokedSerial = "5A01"
    private static let day: Duration = .seconds(86_400)

    init() throws {
        let root = try TestCA("/O=Test/CN=Root")
        self.root = root
        middle = try root.issueAuthority("/O=Test/CN=Middle")
        low = try middle.issueAuthority("/O=Test/CN=Low")
        narrow = try root.issueAuthority(
            "/O=Test/CN=Narrow",
            adding: ["nameConstraints = critical,permitted;email:example.org"])
        short = try root.issueAuthority(
            "/O=Test/CN=Short",
            extensions: [
                "basicConstraints = critical,CA:TRUE,pathlen:0",
                "keyUsage = critical,keyCertSign,cRLSign", "subjectKeyIdentifier = hash",
            ])
        belowShort = try short.issueAuthority("/O=Test/CN=Below Short")
        fallen = try root.issueAuthority(
            "/O=Test/CN=Fallen", wish: .init(serial: "0x5A02"))
        stale = try TestCA("/O=Test/CN=Stale")
        ancient = try TestCA("/O=Test/CN=Ancient")
        unlisted = try TestCA("/O=Test/CN=Unlisted")
        points = try TestCA("/O=Test/CN=Points")
        responder = try TestCA("/O=Test/CN=Responder")
    }

    var anchors: String {
        [root, stale, ancient, unlisted, points, responder].map(\.certificate).joined()
    }

    var intermediates: String {
        [middle, low, narrow, short, belowShort, fallen].map(\.certificate).joined()
    }

    /// Writes the lists into a folder, one file for each authority that has one.
    func writeLists(to folder: String) throws {
        let now = Instant.now
        try File.makeDirectory(folder)
        let revoked = [
            TestCA.Revoked(Self.revokedSerial, reason: "keyCompromise"),
            TestCA.Revoked("5A02", reason: "CACompromise"),
        ]
        let ends: [(name: String, authority: TestCA, end: Instant)] = [
            ("root", root, now + Self.day), ("middle", middle, now + Self.day),
            ("low", low, now + Self.day), ("narrow", narrow, now + Self.day),
            ("short", short, now + Self.day), ("belowShort", belowShort, now + Self.day),
            ("fallen", fallen, now + Self.day), ("stale", stale, now - Self.day),
            ("ancient", ancient, now - Self.day * 30),
        ]
        for (name, authority, end) in ends {
            let list = try authority.revocationList(
                name == "root" ? revoked : [], validity: (end - Self.day * 5)...end)
            try File.replace("\(folder)/\(name).crl", with: list)
        }
    }
}

/// Certificates of clients, good ones and such that have one fault each.
enum ClientKind: String, CaseIterable, Sendable {
    case direct, overIntermediate, withinConstraint
    // What nginx finds out.
    case expired, notYetValid, namesake, forged, selfSigned, serverUsage, encipherment
    case pathLength, outsideConstraint, withoutChain
    // What only casd finds out.
    case agreement, noUsage, tooLong, revoked, revokedAuthority, stale, ancient, unlisted

    enum Outcome: Hashable {
        case accepted
        /// nginx says no; what casd says if it is asked all the same, or `nil` if it says yes.
        case refusedByGateway(String?)
        /// casd says no; what its log tells.
        case refused(String)
    }

    /// What becomes of it where everything is strict.
    var outcome: Outcome {
        switch self {
        case .direct, .overIntermediate, .withinConstraint: .accepted
        case .expired: .refusedByGateway("has expired")
        case .notYetValid: .refusedByGateway("not yet valid")
        case .namesake: .refusedByGateway("unable to get local issuer certificate")
        case .forged: .refusedByGateway("signature")
        case .selfSigned: .refusedByGateway("self-signed")
        case .serverUsage, .encipherment: .refusedByGateway("purpose")
        case .pathLength: .refusedByGateway("path length")
        case .outsideConstraint: .refusedByGateway("permitted subtree")
        case .withoutChain: .refusedByGateway(nil)
        case .agreement: .refused("the key usage does not allow digital signatures")
        case .noUsage: .refused("no key usage extension, but require_key_usage is on")
        case .tooLong: .refused("2 intermediates, but max_path_length is 1")
        case .revoked: .refused("(keyCompromise): CN=revoked,O=Test, serial number 5a01")
        case .revokedAuthority: .refused("(cACompromise): CN=Fallen,O=Test, serial number 5a02")
        case .stale: .refused("stale.crl has expired at")
        case .ancient: .refused("ancient.crl has expired at")
        case .unlisted: .refused("no list of CN=Unlisted,O=Test")
        }
    }

    /// Has the certificate made; its name is that of the case.
    func issue(by authorities: Authorities) throws -> (TestCA.Issued, chain: [TestCA]) {
        let name = "/O=Test/CN=\(rawValue)"
        let now = Instant.now
        let root = authorities.root
        let day: Duration = .seconds(86_400)
        func wish(_ validity: ClosedRange<Instant>) -> TestCA.Wish { .init(validity: validity) }
        return switch self {
        case .direct: (try root.issue(name), [])
        case .overIntermediate: (try authorities.middle.issue(name), [authorities.middle])
        case .withoutChain: (try authorities.middle.issue(name), [])
        case .withinConstraint, .outsideConstraint:
            (
                try authorities.narrow.issue(
                    name,
                    adding: [
                        "subjectAltName = email:x@"
                            + (self == .withinConstraint ? "example.org" : "evil.example.net")
                    ]), [authorities.narrow]
            )
        case .expired:
            (try root.issue(name, wish: wish((now - day * 9)...(now - .seconds(60)))), [])
        case .notYetValid: (try root.issue(name, wish: wish((now + day)...(now + day * 9))), [])
        case .namesake: (try TestCA("/O=Test/CN=Root").issue(name), [])
        // Without a hint at the key, nobody sees that it is another one but by the signature.
        case .forged:
            (
                try TestCA("/O=Test/CN=Root").issue(
                    name, extensions: Self.extensions(), adding: ["authorityKeyIdentifier = none"]),
                []
            )
        case .selfSigned: (try TestCA(name, extensions: Self.extensions()).own, [])
        case .serverUsage:
            (try root.issue(name, extensions: Self.extensions(purpose: "serverAuth")), [])
        case .encipherment:
            (try root.issue(name, extensions: Self.extensions(usage: "keyEncipherment")), [])
        case .agreement:
            (try root.issue(name, extensions: Self.extensions(usage: "keyAgreement")), [])
        case .noUsage: (try root.issue(name, extensions: Self.extensions(usage: nil)), [])
        case .pathLength:
            (
                try authorities.belowShort.issue(name),
                [authorities.belowShort, authorities.short]
            )
        case .tooLong: (try authorities.low.issue(name), [authorities.low, authorities.middle])
        case .revoked:
            (try root.issue(name, wish: .init(serial: "0x" + Authorities.revokedSerial)), [])
        case .revokedAuthority: (try authorities.fallen.issue(name), [authorities.fallen])
        case .stale: (try authorities.stale.issue(name), [])
        case .ancient: (try authorities.ancient.issue(name), [])
        case .unlisted: (try authorities.unlisted.issue(name), [])
        }
    }

    private static func extensions(
        usage: String? = "digitalSignature", purpose: String = "clientAuth"
    ) -> [String] {
        ["basicConstraints = critical,CA:FALSE", "extendedKeyUsage = \(purpose)"]
            + (usage.map { ["keyUsage = critical,\($0)"] } ?? [])
    }
}
