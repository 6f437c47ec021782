import Platform
import TestSupport
import Testing

extension EndToEnd {
    @Suite("REST scripts as people write them") struct RESTScripts {
        private func expectWhole(_ lines: [String]) {
            #expect(lines.count == 4)
            #expect(lines.first?.hasPrefix("TGT-") == true)
            #expect(lines.dropFirst().first?.hasPrefix("ST-") == true)
            #expect(Array(lines.dropFirst(2)) == ["casuser", "200"])
        }

        private func lines(_ output: String) -> [String] {
            output.split(separator: "\n").map(String.init)
        }

        @Test func `a robot that scrapes the page works with a password`() throws {
            let site = try EndToEnd.site
            expectWhole(
                lines(
                    try Command.check([
                        "python3", Repository.script("rest_scrape.py"), site.base, site.authority,
                    ])))
        }

        @Test func `a robot that scrapes the page works with a certificate`() throws {
            let site = try EndToEnd.site
            expectWhole(
                lines(
                    try Command.check([
                        "python3", Repository.script("rest_scrape.py"), site.certificateBase,
                        site.authority, site.clientCertificate, site.file("pki/client.key"),
                    ])))
        }

        @Test func `a shell script that splits Location works with a password`() throws {
            let site = try EndToEnd.site
            expectWhole(
                lines(
                    try Command.check([
                        Repository.script("rest_location.sh"), site.base, site.authority,
                    ])))
        }

        @Test func `a shell script that splits Location works with a certificate`() throws {
            let site = try EndToEnd.site
            expectWhole(
                lines(
                    try Command.check([
                        Repository.script("rest_location.sh"), site.certificateBase,
                        site.authority, site.clientCertificate, site.file("pki/client.key"),
                    ])))
        }
    }
}
