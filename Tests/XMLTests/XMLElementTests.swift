import TestSupport
import Testing
import XML

/// The reason why a document is refused, or `nil` if it is read.
func refusal(_ text: String, limits: XMLLimits = XMLLimits()) -> String? {
    refusal(Array(text.utf8), limits: limits)
}

func refusal(_ bytes: [UInt8], limits: XMLLimits = XMLLimits()) -> String? {
    do throws(XMLError) {
        _ = try XMLElement.parse(bytes, limits: limits)
        return nil
    } catch {
        return error.reason
    }
}

func parse(_ text: String) throws(XMLError) -> XMLElement {
    try XMLElement.parse(Array(text.utf8))
}

@Suite("XML documents") struct XMLElementTests {
    private let cas = "http://www.yale.edu/tp/cas"

    @Test func `an answer of CAS is read`() throws {
        let root = try parse(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas">
              <cas:authenticationSuccess>
                <cas:user>al&#233;&amp;<![CDATA[<b>]]></cas:user>
                <cas:attributes><cas:a>1</cas:a><cas:b/><cas:a>2</cas:a></cas:attributes>
              </cas:authenticationSuccess>
            </cas:serviceResponse>
            """)
        #expect(root.isNamed("serviceResponse", cas))
        let success = try #require(root.first("authenticationSuccess", cas))
        #expect(success.first("user", cas)?.text == "al\u{E9}&<b>")
        let attributes = try #require(success.first("attributes", cas))
        #expect(attributes.all("a", cas).map(\.text) == ["1", "2"])
        #expect(attributes.first("b", cas)?.text == "")
        #expect(attributes.children.map(\.name) == ["a", "b", "a"])
        #expect(root.first("user", cas) == nil, "only children count")
        #expect(success.first("user", nil) == nil)
    }

    @Test func `prefixes do not matter, namespaces do`() throws {
        let root = try parse(
            """
            <a xmlns="urn:1" xmlns:p="urn:2" x="0" p:x="1">
            <p:b/><p:b xmlns:p="urn:3"><p:c/><c/></p:b><b xmlns=""/><q:b xmlns:q="urn:2"/></a>
            """)
        #expect(root.namespace == "urn:1")
        #expect(root.attribute("x") == "0")
        #expect(root.attribute("x", "urn:2") == "1")
        #expect(root.attribute("x", "urn:1") == nil, "the default is not for attributes")
        #expect(root.attributes.count == 2, "declarations are no attributes")
        #expect(root.children.map(\.namespace) == ["urn:2", "urn:3", nil, "urn:2"])
        #expect(root.children[1].children.map(\.namespace) == ["urn:3", "urn:1"])
        #expect(root.all("b", "urn:2").count == 2)
    }

    @Test func `the prefix xml needs no declaration`() throws {
        let root = try parse("<a xml:lang='en'/>")
        #expect(root.attribute("lang", "http://www.w3.org/XML/1998/namespace") == "en")
    }

    @Test func `text is kept as it stands, comments leave no gap`() throws {
        #expect(try parse("<a> x <b>inner</b>\ty\r\n</a>").text == " x \ty\n")
        #expect(try parse("<a>alice<!-- -->@<!---->x</a>").text == "alice@x")
        #expect(try parse("<!-- before --><a/><!-- after -->\n").text == "")
        #expect(try parse("<a><![CDATA[ ]]><![CDATA[&amp;]]></a>").text == " &amp;")
        #expect(try parse("<a b=' x\n\t&#10;y '/>").attribute("b") == " x  \ny ")
    }

    @Test func `other encodings that are declared are understood`() throws {
        let latin = Array("<?xml version='1.0' encoding='ISO-8859-1'?><a>".utf8) + [0xE9]
        #expect(try XMLElement.parse(latin + Array("</a>".utf8)).text == "\u{E9}")
        let text = "\u{FEFF}<a>\u{E9}\u{1F600}</a>"
        let big = text.utf16.flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }
        #expect(try XMLElement.parse(big).text == "\u{E9}\u{1F600}")
        let little = text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        #expect(try XMLElement.parse(little).text == "\u{E9}\u{1F600}")
        #expect(try parse(text).text == "\u{E9}\u{1F600}", "UTF-8 with a byte order mark")
        #expect(refusal("<?xml version='1.0' encoding='EBCDIC-X'?><a/>") != nil)
    }

    @Test(arguments: [
        "<!DOCTYPE a><a/>", "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
        "<!DOCTYPE a PUBLIC '-//X' 'http://localhost/'><a/>",
        "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
        "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
        "<!DOCTYPE a [<!ENTITY % x SYSTEM 'http://localhost/'> %x;]><a/>",
        "<!DOCTYPE a [<!ATTLIST a b CDATA 'x'>]><a/>",
        "<!DOCTYPE a [<!ENTITY a 'aaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]><a>&b;&b;</a>",
        "\u{FEFF}<?xml version='1.0' standalone='no'?><!DOCTYPE a><a/>",
    ])
    func `a document type is refused`(text: String) {
        #expect(refusal(text) == "a DOCTYPE is not allowed")
    }

    @Test(arguments: ["<?x?><a/>", "<a><?x y?></a>", "<a/><?php ?>"])
    func `a processing instruction is refused`(text: String) {
        #expect(refusal(text) == "a processing instruction is not allowed")
    }

    @Test(arguments: [
        "", " ", "a", "<", "<a", "<a>", "<a></b>", "</a>", "<a/><a/>", "<a/>x", "x<a/>",
        "<a b='1' b='2'/>", "<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>", "<a b=1/>", "<a b/>",
        "<p:a/>", "<a p:b='1'/>", "<a xmlns:p=''/>", "<a xmlns:xml='urn:x'/>",
        "<a xmlns:xmlns='urn:x'/>", "<a:b:c xmlns:a='u'/>", "<:a/>", "<a>&x;</a>", "<a>&#0;</a>",
        "<a>&#xD800;</a>", "<a>&#1;</a>", "<a>&amp</a>", "<a>]]></a>", "<a><!-- -- --></a>",
        "<a b='<'/>", " <?xml version='1.0'?><a/>", "<?xml version='1.0'?>", "<1a/>",
        "<a xmlns='a&#1;b'/>", "<a>\0</a>", "<a>\u{1}</a>", "<a>\u{FFFE}</a>", "\0<a/>",
        "<a/>\0", "<?xml version='2.0' encoding='x'?>", "<a xmlns:p='u' xmlns:p='v'/>",
    ])
    func `a document that is not well-formed is refused`(text: String) {
        #expect(refusal(text) != nil)
    }

    @Test(arguments: [
        [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xFF],
        [0xF4, 0x90, 0x80, 0x80], [0xF0, 0x80, 0x80, 0x80], [0xE9], [0xF8, 0x88, 0x80, 0x80, 0x80],
    ])
    func `bytes that are not UTF-8 are refused`(bytes: [UInt8]) {
        #expect(refusal(Array("<a>".utf8) + bytes + Array("</a>".utf8)) != nil)
        #expect(refusal(Array("<a b='".utf8) + bytes + Array("'/>".utf8)) != nil)
        #expect(refusal(Array("<a".utf8) + bytes + Array("/>".utf8)) != nil)
        #expect(refusal(Array("<a/>".utf8) + bytes) != nil)
    }

    @Test(arguments: [[0xD8, 0x00], [0xDC, 0x00], [0xFF, 0xFE], [0x00, 0x00]])
    func `bytes that are not UTF-16 are refused`(unit: [UInt8]) {
        let start: [UInt8] = [0xFE, 0xFF, 0, 0x3C, 0, 0x61, 0, 0x3E]
        let end: [UInt8] = [0, 0x3C, 0, 0x2F, 0, 0x61, 0, 0x3E]
        #expect(refusal(start + end) == nil)
        #expect(refusal(start + unit + end) != nil)
    }

    @Test func `an error says where`() {
        let error = #expect(throws: XMLError.self) { try parse("<a>\n<b>\n</c></a>") }
        #expect(error?.line == 3)
        #expect(error?.description == "line 3: mismatched tag")
        let second = #expect(throws: XMLError.self) { try parse("<a>\n<?x?>\n</a>") }
        #expect(second?.line == 2)
    }
}
