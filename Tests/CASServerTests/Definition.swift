/// Service definitions of tests, in Apereo's form.
enum Definition {
    /// A definition of `https://HOST.example.org/…`.
    ///
    /// - Parameter fields: Further members, each as JSON text.
    static func json(_ host: String, id: Int = 100, _ fields: String...) -> String {
        of("^https://\(host)\\\\.example\\\\.org/.*", name: host, id: id, fields)
    }

    /// A definition of the addresses that match a pattern, in which backslashes are doubled.
    static func of(
        _ pattern: String, name: String, id: Int = 100, _ fields: [String] = []
    ) -> String {
        let more = fields.map { ",\n  " + $0 }.joined()
        return """
            { "@class": "\(classes)CasRegisteredService", "id": \(id), "name": "\(name)",
              "serviceId": "\(pattern)"\(more) }
            """
    }

    /// An access strategy with further members as JSON text.
    static func access(_ fields: String) -> String {
        object("accessStrategy", "DefaultRegisteredServiceAccessStrategy", fields)
    }

    /// Proxying to callbacks that match a pattern, in which backslashes are doubled.
    static func proxying(_ pattern: String) -> String {
        object(
            "proxyPolicy", "RegexMatchingRegisteredServiceProxyPolicy",
            #""pattern": "\#(pattern)""#)
    }

    /// Which upstream servers may vouch.
    static func delegation(_ fields: String) -> String {
        access(
            object(
                "delegatedAuthenticationPolicy",
                "DefaultRegisteredServiceDelegatedAuthenticationPolicy", fields))
    }

    static let releaseAll = object(
        "attributeReleasePolicy", "ReturnAllAttributeReleasePolicy", nil)

    /// A member whose value is an object of one of Apereo's classes.
    static func object(_ member: String, _ name: String, _ fields: String?) -> String {
        let more = fields.map { ", " + $0 } ?? ""
        return #""\#(member)": { "@class": "\#(classes)\#(name)"\#(more) }"#
    }

    private static let classes = "org.apereo.cas.services."
}
