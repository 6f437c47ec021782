import Foundation
import Platform
import Testing

/// What a server answered.
struct Answer {
    let status: Int
    let headers: [(name: String, value: String)]
    let body: String

    /// Parses what `curl -i` writes; interim answers are skipped.
    init(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        var head = ""
        repeat {
            let end = try #require(
                rest.indices.first { rest[$0...].starts(with: Array("\r\n\r\n".utf8)) },
                "no answer: \(String(decoding: bytes, as: UTF8.self))")
            head = String(decoding: rest[..<end], as: UTF8.self)
            rest = rest[(end + 4)...]
        } while head.contains(" 100 ")
        let lines = head.components(separatedBy: "\r\n")
        status = try #require(lines[0].split(separator: " ").dropFirst().first.flatMap { Int($0) })
        headers = lines.dropFirst().compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            return (String(line[..<colon]), String(value))
        }
        body = String(decoding: rest, as: UTF8.self)
    }

    /// The value of a header field, whatever the case of its name.
    subscript(name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// All values of a header field.
    func all(_ name: String) -> [String] {
        headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    /// The `ticket` that a redirect carries to the service.
    var ticket: String? {
        self["Location"]?.components(separatedBy: "ticket=").dropFirst().last
    }

    /// Whether the page is one of the gateway's own.
    func isGatewayPage(_ status: Int) -> Bool {
        body.contains("<small>\(status) ") && self["Content-Security-Policy"] != nil
    }
}

/// Requests with the `curl` program.
struct Curl: Sendable {
    /// What paths are appended to.
    let base: String
    let options: [String]

    /// - Parameter ca: The authority of the server's certificate.
    init(base: String, ca: String, options: [String] = []) {
        self.base = base
        self.options =
            [
                "curl", "-sS", "-i", "--noproxy", "*", "--max-time", "30", "--path-as-is",
                "--cacert", ca, "-H", "Expect:",
            ] + options
    }

    /// A request with any options; the address may be a path or complete.
    func callAsFunction(
        _ path: String, _ more: [String] = [], body: [UInt8]? = nil
    ) throws -> Answer {
        let address = path.hasPrefix("http") ? path : base + path
        let bodyOptions = body == nil ? [] : ["--data-binary", "@-"]
        let command = try Command(
            options + bodyOptions + more + [address], input: body ?? [], seconds: 40)
        try #require(command.status == 0, "\(path.prefix(200)): \(command.errors)")
        return try Answer(command.output)
    }

    /// POST of a form; values are encoded.
    func post(_ path: String, _ form: [(String, String)], _ more: [String] = []) throws -> Answer {
        let body = form.map { "\($0)=\(encoded($1))" }.joined(separator: "&")
        return try self(path, ["-X", "POST"] + more, body: Array(body.utf8))
    }
}

/// A text as the value of a query.
func encoded(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
        let isPlain =
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
            || [45, 46, 95, 126].contains(byte)
        result += isPlain ? String(UnicodeScalar(byte)) : "%" + hexadecimal([byte]).uppercased()
    }
    return result
}
