/// Why a class of Apereo's is not understood, and what to write instead.
enum UnsupportedClass {
    /// The name with the reason behind it.
    static func reason(_ name: String) -> String {
        let shortName = String(name.split(separator: ".").last ?? "")
        guard let reason = reasons.first(where: { shortName.contains($0.part) }) else {
            return "not supported: \(name)"
        }
        return "not supported: \(name); \(reason.text)"
    }

    /// Parts of names, the more particular first.
    private static let reasons: [(part: String, text: String)] = [
        ("Groovy", "scripts are not run; write it with attributes and patterns"),
        ("Script", "scripts are not run; write it with attributes and patterns"),
        ("Rest", "other servers are not asked for decisions"),
        ("Remote", "other servers are not asked for decisions"),
        ("HttpRequestRegisteredServiceAccess", "addresses are limited by the gateway's allow"),
        ("OAuth", "only CAS is spoken; a CAS client's class is CasRegisteredService"),
        ("Oidc", "only CAS is spoken; a CAS client's class is CasRegisteredService"),
        ("SamlRegisteredService", "only CAS is spoken, SAML 1.1 validation included"),
        ("WSFederation", "only CAS is spoken; a CAS client's class is CasRegisteredService"),
        ("ChainingRegisteredServiceAccess", "write one strategy, or one definition for each"),
        ("SurrogateRegistered", "nobody can enter as somebody else"),
        ("Grouper", "other servers are not asked for decisions; require a group's attribute"),
        ("ReturnEncrypted", "attributes are not encrypted; the answer travels under TLS"),
        ("ReturnLinked", "name the attributes that are there, one by one"),
        ("Mutant", "values are not rewritten; filter them with a mapped pattern"),
        ("SingleSignOnParticipation", "set ssoEnabled to false to ask for a login each time"),
        ("PersistentIdGenerator", "leave it out to get our own stable names"),
    ]
}
