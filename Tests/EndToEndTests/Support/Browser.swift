import Foundation
import Platform
import TestSupport
import Testing

/// A browser as far as CAS is concerned: cookies, a login form, redirects that are looked at.
final class Browser {
    private let folder: TemporaryDirectory
    let curl: Curl

    init(_ site: Deployment) throws {
        folder = try TemporaryDirectory()
        curl = Curl(
            base: site.base, ca: site.authority,
            options: ["-b", folder.file("jar"), "-c", folder.file("jar")])
    }

    /// The cookies by name.
    var cookies: [String: String] {
        let text = (try? File.readText(folder.file("jar"))) ?? ""
        var cookies: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: "\t")
            if fields.count == 7 { cookies[String(fields[5])] = String(fields[6]) }
        }
        return cookies
    }

    func get(_ path: String) throws -> Answer { try curl(path) }

    /// The address of the login page for a service.
    static func login(_ service: String?) -> String {
        service.map { "/login?service=" + encoded($0) } ?? "/login"
    }

    /// Fetches the login page, fills in its form and sends it where it says.
    func logIn(
        _ service: String? = nil, user: String = "casuser", password: String = "Mellon"
    ) throws -> Answer {
        try submit(Self.login(service), user: user, password: password)
    }

    /// Does so with any address of the login page.
    func submit(
        _ address: String, user: String = "casuser", password: String = "Mellon"
    ) throws -> Answer {
        let page = try get(address)
        try #require(page.status == 200, "\(page)")
        let action = try #require(page.body.between("action=\"", "\""))
            .replacing("&amp;", with: "&")
        let execution = try #require(page.body.between("name=\"execution\" value=\"", "\""))
        let origin = try #require(curl.base.range(of: "/cas")).lowerBound
        return try curl.post(
            curl.base[..<origin] + action,
            [
                ("username", user), ("password", password), ("execution", execution),
                ("_eventId", "submit"),
            ])
    }

    /// Fetches an address of another server.
    func plain(_ address: String) throws -> Answer { try curl(address) }
}
