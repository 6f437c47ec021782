import Foundation
import Platform
import Testing

extension EndToEnd {
    @Suite(
        "python-cas, unmodified",
        .enabled(if: Python.has("cas"), "python-cas is missing: deploy/test installs it"))
    struct PythonCAS {
        private static let groups =
            "\"memberOf\": [\"cn=library,ou=groups,dc=example,dc=org\", "
            + "\"cn=staff,ou=groups,dc=example,dc=org\"]"

        @Test func `logs in with versions 1, 2, 3 and SAML and reads the attributes`() throws {
            let site = try EndToEnd.site
            let lines = try Python.run(
                "python_cas.py", [site.base, site.authority], trusting: site.authority)
            let versions = ["1", "2", "3", "\"CAS_2_SAML_1_0\""]
            try #require(lines.count == versions.count)
            for (version, line) in zip(versions, lines) {
                #expect(line.contains("\"version\": \(version)"))
                #expect(line.contains("\"user\": \"casuser\""))
                #expect(line.contains("\"again\": null"), "a ticket is good for one validation")
                #expect(line.contains("\"logout\": 200"))
                #expect(line.contains("\"out\": true"))
                if version != "1" {
                    #expect(line.contains(Self.groups))
                    #expect(line.contains("\"mail\": \"casuser@example.org\""))
                }
            }
        }

        @Test func `gets a proxy ticket for another service, until the session ends`() throws {
            let site = try EndToEnd.site
            let lines = try Python.run(
                "python_cas_proxy.py",
                [
                    site.base, site.authority, "\(freePorts())", site.file("pki/server.pem"),
                    site.file("pki/server.key"),
                ], trusting: site.authority)
            try #require(lines.count == 2)
            for (version, line) in zip([2, 3], lines) {
                #expect(line.contains("\"version\": \(version)"))
                #expect(line.contains("\"receipt\": true"))
                #expect(line.contains("\"kind\": \"PT\""), "\(line)")
                #expect(line.contains("\"user\": \"casuser\""))
                #expect(line.contains("\"again\": null"))
                #expect(
                    line.contains("\"asService\": \"INVALID_TICKET\""),
                    "no proxy ticket is a service ticket (CAS 3.0 §2.5.3): \(line)")
                #expect(line.contains("\"afterLogout\": \"refused\""))
            }
        }
    }
}
