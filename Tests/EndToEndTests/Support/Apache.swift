import Foundation
import Glibc
import Platform
import TestSupport
import Testing

/// Debian's Apache with Debian's mod_auth_cas on a port of its own, configured as its manual says.
final class Apache {
    static let isInstalled =
        File.exists("/usr/lib/apache2/modules/mod_auth_cas.so")
        && File.exists("/usr/sbin/apache2")

    let port: Int
    private let folder: TemporaryDirectory
    private let process: Running

    /// - Parameter validatesSAML: Whether `CASValidateSAML` is on; otherwise it is CAS 2.
    init(_ site: Deployment, validatesSAML: Bool = false) throws {
        folder = try TemporaryDirectory()
        port = try freePorts()
        // Apache's children are www-data, who has to get at the page and at the cookies.
        try Command.check(["chmod", "755", folder.path])
        for name in [
            "cookies", "pages", "pages/secret", "pages/renewed", "pages/open",
        ] {
            try File.makeDirectory(folder.file(name), permissions: 0o755)
        }
        try File.replace(folder.file("ca.pem"), with: try File.read(site.authority))
        var files = [folder.file("ca.pem")]
        for place in ["secret", "renewed", "open"] {
            files.append(folder.file("pages/\(place)/page"))
            try File.replace(files[files.count - 1], with: Array("the \(place) page\n".utf8))
        }
        try Command.check(["chmod", "644"] + files)
        if getuid() == 0 { try Command.check(["chown", "www-data", folder.file("cookies")]) }
        try File.replace(
            folder.file("apache.conf"),
            with: Array(Self.configuration(site, folder, port, validatesSAML).utf8))
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

    func page(_ place: String) -> String { "http://localhost:\(port)/\(place)/page?a=1&b=%20x" }

    var errors: String {
        ((try? File.readText(folder.file("out"))) ?? "")
            + ((try? File.readText(folder.file("error.log"))) ?? "")
    }

    private static func configuration(
        _ site: Deployment, _ folder: TemporaryDirectory, _ port: Int, _ validatesSAML: Bool
    ) -> String {
        let modules = [
            "mpm_prefork", "authn_core", "authz_core", "authz_user", "auth_cas", "dir", "mime",
            "headers",
        ]
        let isStranger =
            "%{HTTP_COOKIE} =~ /MOD_CAS_G=/ && %{HTTP_COOKIE} !~ /MOD_AUTH_CAS=/"
            + " && %{QUERY_STRING} !~ /ticket=/"
        return modules.map { "LoadModule \($0)_module /usr/lib/apache2/modules/mod_\($0).so\n" }
            .joined() + """
                ServerName localhost
                ServerRoot \(folder.path)
                PidFile \(folder.file("apache.pid"))
                DefaultRuntimeDir \(folder.path)
                Mutex file:\(folder.path)
                Listen 127.0.0.1:\(port)
                StartServers 2
                \(getuid() == 0 ? "User www-data\nGroup www-data" : "")
                ErrorLog \(folder.file("error.log"))
                TypesConfig /dev/null
                DocumentRoot \(folder.file("pages"))
                <Directory \(folder.file("pages"))>
                    Require all granted
                </Directory>

                CASVersion 2
                CASLoginURL \(site.base)/login
                CASValidateURL \(site.base)/\(validatesSAML ? "samlValidate" : "serviceValidate")
                CASValidateSAML \(validatesSAML ? "On" : "Off")
                CASCertificatePath \(folder.file("ca.pem"))
                CASCookiePath \(folder.file("cookies"))/
                CASRootProxiedAs http://localhost:\(port)
                CASAttributeDelimiter |
                CASSSOEnabled On
                <Location /secret>
                    AuthType CAS
                    CASAuthNHeader CAS-User
                    Require valid-user
                    Header set X-Remote-User "expr=%{REMOTE_USER}"
                    Header set X-Mail "expr=%{req:CAS-mail}%{req:CAS_mail}"
                    Header set X-Member-Of "expr=%{req:CAS-memberOf}%{req:CAS_memberOf}"
                </Location>
                <Location /renewed>
                    AuthType CAS
                    CASRenew /renewed
                    Require valid-user
                </Location>
                <Location /open>
                    AuthType CAS
                    CASGateway /open
                    # Apache asks the module only where nobody may enter without it, and has no
                    # way of its own to let a stranger in after that.
                    Require valid-user
                    Require expr "\(isStranger)"
                    Header set X-Remote-User "expr=%{REMOTE_USER}"
                </Location>

                """
    }
}
