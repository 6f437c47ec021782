import Foundation
import Testing

/// A page, and the addresses that led to it.
struct Visit {
    let answer: Answer
    let addresses: [String]

    var address: String { addresses.last ?? "" }
}

extension Browser {
    /// Fetches an address and follows redirects to the page at their end.
    func visit(_ address: String) throws -> Visit {
        let complete = address.hasPrefix("http") ? address : curl.base + address
        return try follow(try plain(complete), from: [complete])
    }

    /// Sends a page's form with the fields that it hides and these, and goes on from there.
    func send(_ page: Visit, _ fields: [(String, String)]) throws -> Visit {
        let action = page.answer.body.between("action=\"", "\"")?.unescaped ?? ""
        let target = try resolve(action, at: page.address)
        let answer = try curl.post(
            target, page.answer.hiddenFields + fields, ["-H", "Referer: " + page.address])
        return try follow(answer, from: [target])
    }

    /// Fills in the form of casd's login page, and goes on from there.
    func logIn(
        at page: Visit, user: String = "casuser", password: String = "Mellon"
    ) throws -> Visit {
        try #require(page.answer.body.contains("name=\"password\""), "\(page)")
        return try send(
            page, [("username", user), ("password", password), ("_eventId", "submit")])
    }

    private func follow(_ first: Answer, from addresses: [String]) throws -> Visit {
        var answer = first
        var addresses = addresses
        while (300..<400).contains(answer.status), let location = answer["Location"] {
            try #require(addresses.count < 15, "redirects without end: \(addresses)")
            addresses.append(try resolve(location, at: addresses[addresses.count - 1]))
            answer = try plain(addresses[addresses.count - 1])
        }
        return Visit(answer: answer, addresses: addresses)
    }

    private func resolve(_ address: String, at base: String) throws -> String {
        if address.hasPrefix("http") { return address }
        if address.isEmpty { return base }
        return try #require(URL(string: address, relativeTo: URL(string: base))).absoluteString
    }
}

extension Answer {
    /// The hidden fields of the page's forms.
    var hiddenFields: [(String, String)] {
        body.components(separatedBy: "<input").dropFirst().compactMap { rest in
            let tag = rest.prefix { $0 != ">" } + ">"
            guard tag.contains("type=\"hidden\""), let name = String(tag).between("name=\"", "\"")
            else { return nil }
            return (name, String(tag).between(" value=\"", "\"")?.unescaped ?? "")
        }.filter { $0.0 != "_eventId" }
    }
}

extension String {
    /// The text that an attribute's text in HTML stands for.
    var unescaped: String {
        replacing("&quot;", with: "\"").replacing("&#39;", with: "'").replacing("&#x27;", with: "'")
            .replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&amp;", with: "&")
    }
}
