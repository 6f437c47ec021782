import Foundation
import Platform
import TestSupport
import Testing

extension EndToEnd {
    @Suite("mod_auth_cas, unmodified") struct ModAuthCAS {
        private static let module = "/usr/lib/apache2/modules/mod_auth_cas.so"

        @Test(.enabled(if: File.exists(module), "mod_auth_cas is missing: deploy/test installs it"))
        func `protects a page and learns the user and all values of an attribute`() throws {
            let site = try EndToEnd.site
            let apache = try Apache(site)
            let page = "http://localhost:\(apache.port)/secret/page?a=1&b=%20x"
            let browser = try site.browser()

            let asked = try browser.plain(page)
            #expect(asked.status == 302)
            let login = try #require(asked["Location"])
            #expect(login.hasPrefix(site.base + "/login?service="))

            let entered = try browser.submit(login)
            #expect(entered.status == 303)
            let back = try browser.plain(try #require(entered["Location"]))
            #expect(back.status == 302, "\(back) \(apache.errors)")
            let shown = try browser.plain(try #require(back["Location"]))
            #expect(shown.status == 200, "\(shown) \(apache.errors)")
            #expect(shown.body == "the secret page\n")
            #expect(shown["X-Remote-User"] == "casuser")
            #expect(shown["X-Mail"] == "casuser@example.org")
            #expect(
                shown["X-Member-Of"]
                    == "cn=staff,ou=groups,dc=example,dc=org|cn=library,ou=groups,dc=example,dc=org"
            )

            let invented = page + "&ticket=ST-" + String(repeating: "x", count: 32)
            let forged = try site.browser().plain(invented)
            #expect(forged.status != 200)
        }
    }
}

/// Debian's Apache with Debian's mod_auth_cas on a port of its own, configured as its manual says.
private final class Apache {
    let port: Int
    private let folder: TemporaryDirectory
    private let process: Running

    init(_ site: Deployment) throws {
        folder = try TemporaryDirectory()
        port = try freePorts()
        // Apache's children are www-data, who has to get at the page and at the cookies.
        try Command.check(["chmod", "755", folder.path])
        for name in ["cookies", "pages", "pages/secret"] {
            try File.makeDirectory(folder.file(name), permissions: 0o755)
        }
        try File.replace(folder.file("ca.pem"), with: try File.read(site.authority))
        try File.replace(folder.file("pages/secret/page"), with: Array("the secret page\n".utf8))
        try Command.check([
            "chmod", "644", folder.file("ca.pem"), folder.file("pages/secret/page"),
        ])
        if getuid() == 0 { try Command.check(["chown", "www-data", folder.file("cookies")]) }
        try File.replace(
            folder.file("apache.conf"),
            with: Array(Self.configuration(site, folder, port).utf8))
        process = try Running(
            ["apache2", "-f", folder.file("apache.conf"), "-D", "FOREGROUND"],
            log: folder.file("out"))
        let port = self.port
        let isUp = eventually {
            (try? Command(["curl", "-s", "http://127.0.0.1:\(port)/"]).status) == 0
        }
        try #require(isUp, "Apache did not start: \(errors)")
    }

    deinit { process.stop() }

    var errors: String {
        ((try? File.readText(folder.file("out"))) ?? "")
            + ((try? File.readText(folder.file("error.log"))) ?? "")
    }

    private static func configuration(
        _ site: Deployment, _ folder: TemporaryDirectory, _ port: Int
    ) -> String {
        let modules = [
            "mpm_prefork", "authn_core", "authz_core", "authz_user", "auth_cas", "dir", "mime",
            "headers",
        ]
        return modules.map { "LoadModule \($0)_module /usr/lib/apache2/modules/mod_\($0).so\n" }
            .joined() + """
                ServerName localhost
                ServerRoot \(folder.path)
                PidFile \(folder.file("apache.pid"))
                DefaultRuntimeDir \(folder.path)
                Mutex file:\(folder.path)
                Listen 127.0.0.1:\(port)
                StartServers 1
                \(getuid() == 0 ? "User www-data\nGroup www-data" : "")
                ErrorLog \(folder.file("error.log"))
                TypesConfig /dev/null
                DocumentRoot \(folder.file("pages"))
                <Directory \(folder.file("pages"))>
                    Require all granted
                </Directory>

                CASVersion 2
                CASLoginURL \(site.base)/login
                CASValidateURL \(site.base)/serviceValidate
                CASCertificatePath \(folder.file("ca.pem"))
                CASCookiePath \(folder.file("cookies"))/
                CASRootProxiedAs http://localhost:\(port)
                CASAttributeDelimiter |
                CASSSOEnabled Off
                <Location /secret>
                    AuthType CAS
                    CASAuthNHeader CAS-User
                    Require valid-user
                    Header set X-Remote-User "expr=%{REMOTE_USER}"
                    Header set X-Mail "expr=%{req:CAS-mail}%{req:CAS_mail}"
                    Header set X-Member-Of "expr=%{req:CAS-memberOf}%{req:CAS_memberOf}"
                </Location>

                """
    }
}
