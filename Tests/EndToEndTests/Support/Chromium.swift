import Foundation
import Platform
import TestSupport
import Testing

/// A headless Chromium, driven through chromedriver's WebDriver interface.
final class Chromium {
    static let isInstalled =
        File.exists("/usr/bin/chromium") && File.exists("/usr/bin/chromedriver")

    private let folder: TemporaryDirectory
    private let driver: Running
    private let address: String
    private var session = ""

    init() throws {
        folder = try TemporaryDirectory()
        let port = try freePorts()
        driver = try Running(
            ["chromedriver", "--port=\(port)"], environment: ["HOME": folder.path],
            log: folder.file("driver.log"))
        address = "http://127.0.0.1:\(port)"
        let isUp = try eventually { [address] in
            try Command(["curl", "-s", "--noproxy", "*", address + "/status"]).text
                .contains("\"ready\":true")
        }
        try #require(isUp, "chromedriver did not start")
        let arguments = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-proxy-server", "--disable-background-networking", "--no-first-run",
            "--user-data-dir=\(folder.file("profile"))",
        ].map { "\"\($0)\"" }.joined(separator: ",")
        let answer = try call(
            "POST", "",
            #"{"capabilities":{"alwaysMatch":{"browserName":"chrome","#
                + #""acceptInsecureCerts":true,"goog:loggingPrefs":{"browser":"ALL"},"#
                + #""goog:chromeOptions":{"args":[\#(arguments)]}}}}"#)
        session = try #require(answer.between("\"sessionId\":\"", "\""), "\(answer)")
    }

    deinit {
        _ = try? call("DELETE", "")  // The driver ends right after, and its browser with it.
        driver.stop()
    }

    /// Opens an address and waits until the page is there.
    func open(_ url: String) throws {
        try call("POST", "/url", #"{"url":"\#(url)"}"#)
    }

    /// Where the browser is.
    var url: String {
        get throws { try #require(try call("GET", "/url").between("\"value\":\"", "\"")) }
    }

    /// The page as it is now.
    var source: String {
        get throws { try call("GET", "/source") }
    }

    /// What the console says: errors of scripts and violations of the policy.
    var console: String {
        get throws { try call("POST", "/se/log", #"{"type":"browser"}"#) }
    }

    func type(_ text: String, into selector: String) throws {
        try call("POST", "/element/\(try element(selector))/value", #"{"text":"\#(text)"}"#)
    }

    func click(_ selector: String) throws {
        try call("POST", "/element/\(try element(selector))/click", "{}")
    }

    /// Whether the browser arrives at an address that begins so.
    func arrives(at prefix: String) throws -> Bool {
        try eventually(within: 15_000) { try url.hasPrefix(prefix) }
    }

    private func element(_ selector: String) throws -> String {
        let answer = try call(
            "POST", "/element", #"{"using":"css selector","value":"\#(selector)"}"#)
        let name = "element-6066-11e4-a52e-4f735466cecf"  // fixed by WebDriver §11
        return try #require(answer.between("\"\(name)\":\"", "\""))
    }

    @discardableResult
    private func call(_ method: String, _ path: String, _ body: String? = nil) throws -> String {
        let target = address + "/session" + (session.isEmpty ? "" : "/" + session) + path
        let bodyOptions =
            body == nil ? [] : ["-H", "Content-Type: application/json", "--data-binary", "@-"]
        let text = try Command.check(
            ["curl", "-sS", "--noproxy", "*", "--max-time", "60", "-X", method] + bodyOptions + [
                target
            ],
            input: Array((body ?? "").utf8), seconds: 70)
        try #require(!text.contains("\"error\":\""), "\(method) \(path): \(text.prefix(500))")
        return text
    }
}
