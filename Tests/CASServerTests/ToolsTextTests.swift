import Platform
import Testing

@testable import CASServer

@Suite("What tools print") struct ToolsTextTests {
    @Test(arguments: [
        ("https://app.example.org/?ticket=ST-0123456789abcdef", "ticket=ST-***"),
        ("https://app.example.org/?ticket=ST-0123456789abcdef&a=b", "ticket=ST-***&a=b"),
        ("x%3Fticket%3DPT-0123456789abcdef%26a", "ticket%3DPT-***%26a"),
        ("TGT-0123456789abcdef and PGTIOU-0123456789abcdef", "TGT-*** and PGTIOU-***"),
    ])
    func `a ticket never shows, wherever it hides`(text: String, expected: String) {
        #expect(text.withoutTickets.hasSuffix(expected))
        #expect(!ToolOutput(text).text.contains("0123"))
    }

    @Test func `what is too short for a ticket stays`() {
        let text = "https://app.example.org/POST-123?a=ST-x"
        #expect(text.withoutTickets == text)
    }

    @Test func `nothing that a terminal obeys is shown`() {
        #expect("a\u{1B}[2Jb\u{202E}c\nd".shown == "a\\u{1B}[2Jb\\u{202E}c\\u{A}d")
        #expect("Größe".shown == "Größe")
        #expect("Größe".shownASCII == "Gr\\u{F6}\\u{DF}e")
    }

    @Test(arguments: [
        (Duration.milliseconds(-5), "0 ms"), (.milliseconds(999), "999 ms"),
        (.milliseconds(12_345), "12.3 s"), (.seconds(60), "1 min"),
        (.seconds(3599), "59 min 59 s"), (.seconds(7500), "2 h 5 min"),
        (.seconds(86_400 * 3 + 3600 * 4), "3 d 4 h"),
    ])
    func `times are told in two units at most`(time: Duration, expected: String) {
        #expect(time.shown == expected)
    }

    @Test func `columns stand below each other and long texts are cut`() {
        var table = TextTable("A", "LONGER", "C")
        table.rows = [["1", "2", "3"], ["abc", "d", String(repeating: "x", count: 81)]]
        #expect(
            table.text == """
                A    LONGER  C
                1    2       3
                abc  d       \(String(repeating: "x", count: 79))…

                """)
    }
}

@Suite("Where two addresses differ") struct ToolsDifferenceTests {
    private let app = "https://app.example.org/x?a=1"

    @Test func `a caret stands below the first difference`() throws {
        let difference = try #require(
            URLDifference(granted: app, presented: "https://app.example.org/x?a=2"))
        #expect(
            difference.text == """
                  granted for  https://app.example.org/x?a=1
                  presented    https://app.example.org/x?a=2
                                                           ^

                """)
        #expect(difference.place == 28)
    }

    @Test(arguments: [
        "HTTPS://APP.example.org/x?a=1", "https://app.example.org:443/x?a=1",
        "https://app.example.org/x?a=1#top",
    ])
    func `what validation takes for the same does not differ`(other: String) {
        #expect(URLDifference(granted: app, presented: other) == nil)
    }

    @Test(arguments: [
        ("http://app.example.org/x?a=1", "the scheme differs"),
        ("https://other.example.org/x?a=1", "the host or the port differs"),
        ("https://app.example.org:8443/x?a=1", "the host or the port differs"),
        ("https://app.example.org.evil/x?a=1", "the host or the port differs"),
        ("https://app.example.org/y?a=1", "the paths differ"),
        ("https://app.example.org/X?a=1", "the paths differ"),
        ("https://app.example.org/x/?a=1", "the queries differ"),
        ("https://app.example.org/x", "the queries differ"),
        ("https://app.example.org/x?a=1&b=2", "exactly what"),
        ("https://app.example.org/x?a=1&ticket=ST-0123456789abcdef", "left the ticket"),
    ])
    func `the usual reason is named`(presented: String, hint: String) throws {
        let difference = try #require(URLDifference(granted: app, presented: presented))
        #expect(difference.hint.contains(hint), "\(difference.hint)")
    }

    @Test func `a slash at the end is named`() throws {
        let difference = try #require(
            URLDifference(
                granted: "https://app.example.org/x", presented: "https://app.example.org/x/"))
        #expect(difference.hint.contains("slash"))
    }

    @Test func `a text that is no address is compared as it stands`() throws {
        let difference = try #require(
            URLDifference(granted: app, presented: "https://app.example.org/x?a=1 \u{1B}"))
        #expect(difference.text.contains("x?a=1 \\u{1B}"))
        #expect(difference.place == app.utf8.count)
    }

    @Test func `long addresses are shown around the difference`() throws {
        let start = "https://app.example.org/" + String(repeating: "a", count: 300)
        let rest = String(repeating: "z", count: 300)
        let difference = try #require(
            URLDifference(granted: start + "b" + rest, presented: start + "c" + rest))
        let lines = difference.text.split(separator: "\n")
        #expect(lines.allSatisfy { $0.count < 120 })
        let caret = try #require(lines[2].firstIndex(of: "^"))
        let column = lines[2].distance(from: lines[2].startIndex, to: caret)
        #expect(Array(lines[0])[column] == "b")
        #expect(Array(lines[1])[column] == "c")
    }
}
