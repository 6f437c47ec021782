import Foundation
import Platform
import TestSupport
import Testing

extension EndToEnd.Certificates {
    @Suite("casd certificate") struct Tools {
        @Test(arguments: ClientKind.allCases)
        func `explain says what a login would, and ends with 1 if it is no`(
            _ kind: ClientKind
        ) throws {
            let current = try CertificateSite.current
            let client = try current.client(kind)
            let explained = try current.site.tool("certificate", "explain", client.certificate)
            let reason: String? =
                switch kind.outcome {
                case .accepted: nil
                case .refusedByGateway(let reason): reason
                case .refused(let reason): reason
                }
            guard let reason else {
                #expect(explained.status == 0, "\(explained.text)\(explained.errors)")
                #expect(explained.text.contains(" as \(kind.rawValue)\n"), "\(explained.text)")
                return
            }
            #expect(explained.status == 1, "\(explained.text)\(explained.errors)")
            let end = try #require(explained.text.split(separator: "\n").last)
            #expect(end.hasPrefix("Refused at ") && end.contains(reason), "\(explained.text)")
        }

        @Test func `explain walks through the path, each list and the principal`() throws {
            let current = try CertificateSite.current
            let client = try current.client(.overIntermediate)
            let text = try current.site.tool("certificate", "explain", client.certificate).text
            for line in [
                "subject.*CN=overIntermediate,O=Test", "path +ok +leads to CN=Root,O=Test",
                "path length +ok +1 intermediate, and max_path_length is 1",
                "key usage +ok +allows digital signatures", "revocation +ok +not revoked",
                "principal +ok +overIntermediate", "Revocation of CN=overIntermediate,O=Test: not",
                "files +good .*lists/middle.crl", "Revocation of CN=Middle,O=Test: not revoked",
                "files +good .*lists/root.crl", "crl +the certificate names no distribution point",
            ] {
                #expect(text.contains(try Regex(line)), "\(line): \(text)")
            }
            let revoked = try current.client(.revoked)
            let other = try current.site.tool("certificate", "explain", revoked.certificate).text
            #expect(other.contains(try Regex("revocation +REFUSED +revoked at ")), "\(other)")
            let later = try current.site.tool(
                "certificate", "explain", client.certificate, "--at", "2099-01-01")
            #expect(later.status == 1)
            #expect(later.text.contains("Refused at 2099-01-01"), "\(later.text)")
        }

        @Test func `lists shows each list, and ends with 1 because two have expired`() throws {
            let current = try CertificateSite.current
            let lists = try current.site.tool("certificate", "lists")
            #expect(lists.status == 1, "\(lists.text)\(lists.errors)")
            for line in [
                "CN=Root,O=Test +01 +2 .* in force +.*/root.crl",
                "CN=Stale,O=Test +01 +0 .* expired +.*/stale.crl",
                "CN=Ancient,O=Test .* expired +.*/ancient.crl",
            ] {
                #expect(lists.text.contains(try Regex(line)), "\(line): \(lists.text)")
            }
            let json = try current.site.tool("certificate", "lists", "--json")
            #expect(json.text.contains("\"expired\" : true"), "\(json.text)")
        }

        @Test func `what cannot be done ends with 2 and says why`() throws {
            let current = try CertificateSite.current
            let missing = try current.site.tool("certificate", "explain", "/nowhere.pem")
            #expect(missing.status == 2)
            #expect(missing.errors.contains("/nowhere.pem"))
            let off = try EndToEnd.site.tool("certificate", "lists")
            #expect(off.status == 2)
            #expect(off.errors.contains("authentication.x509.revocation is off"))
        }
    }
}
