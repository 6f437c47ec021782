import Foundation
import Platform
import Testing

extension EndToEnd {
    @Suite("python-cas, unmodified") struct PythonCAS {
        private static let python = Repository.root + "/.build/venv/bin/python"

        @Test(.enabled(if: File.exists(python), "python-cas is missing: deploy/test installs it"))
        func `logs in with versions 1, 2 and 3 and reads the attributes`() throws {
            let site = try EndToEnd.site
            let lines = try Command.check(
                [Self.python, Repository.script("python_cas.py"), site.base, site.authority],
                environment: ["REQUESTS_CA_BUNDLE": site.authority]
            ).split(separator: "\n").map(String.init)
            try #require(lines.count == 3)
            let groups =
                "\"memberOf\": [\"cn=library,ou=groups,dc=example,dc=org\", "
                + "\"cn=staff,ou=groups,dc=example,dc=org\"]"
            for (index, line) in lines.enumerated() {
                #expect(line.contains("\"version\": \(index + 1)"))
                #expect(line.contains("\"user\": \"casuser\""))
                #expect(line.contains("\"again\": null"), "a ticket is good for one validation")
                #expect(line.contains("\"logout\": 200"))
                #expect(line.contains("\"out\": true"))
                if index > 0 {
                    #expect(line.contains(groups))
                    #expect(line.contains("\"mail\": \"casuser@example.org\""))
                }
            }
        }
    }
}
