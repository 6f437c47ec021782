import TestSupport
import Testing
import XML

@Suite("How much XML is read") struct XMLLimitTests {
    @Test func `a document may have as many bytes as the limit`() {
        let text = "<a>" + String(repeating: "x", count: (64 << 10) - 7) + "</a>"
        #expect(refusal(text) == nil)
        #expect(refusal(text + " ") == "more than 65536 bytes")
    }

    @Test func `elements may be nested as deeply as the limit`() {
        func nested(_ depth: Int) -> String {
            String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
        }
        #expect(refusal(nested(32)) == nil)
        #expect(refusal(nested(33)) == "nested too deeply")
        #expect(refusal(nested(9000)) == "nested too deeply")
        #expect(refusal(String(repeating: "<a>", count: 20_000)) == "nested too deeply")
    }

    @Test func `there may be as many elements as the limit`() {
        func wide(_ count: Int) -> String {
            "<a>" + String(repeating: "<b/>", count: count - 1) + "</a>"
        }
        #expect(refusal(wide(2000)) == nil)
        #expect(refusal(wide(2001)) == "too many elements")
    }

    @Test func `an element may have as many attributes as the limit`() {
        func attributes(_ count: Int, _ start: String = "") -> String {
            "<a" + (0..<count).map { " \(start)b\($0)='u'" }.joined() + "/>"
        }
        #expect(refusal(attributes(32)) == nil)
        #expect(refusal(attributes(33)) == "too many attributes")
        #expect(refusal(attributes(32, "xmlns:")) == nil)
        #expect(refusal(attributes(33, "xmlns:")) == "too many attributes")
        let mixed = "<a xmlns='u'" + attributes(31).dropFirst(2)
        #expect(refusal(mixed) == nil)
        #expect(refusal("<r>\(mixed)\(mixed)</r>") == nil, "each element has its own")
        #expect(refusal("<a xmlns='u'" + attributes(32).dropFirst(2)) == "too many attributes")
    }

    @Test func `limits can be set`() {
        let limits = XMLLimits(bytesMax: 100, depthMax: 1, elementsMax: 1, attributesMax: 0)
        #expect(refusal("<a/>", limits: limits) == nil)
        #expect(refusal("<a><b/></a>", limits: limits) == "too many elements")
        #expect(refusal("<a b=''/>", limits: limits) == "too many attributes")
        #expect(refusal("<a/>", limits: XMLLimits(bytesMax: -1)) != nil)
        #expect(refusal("<a/>", limits: XMLLimits(depthMax: 0)) == "nested too deeply")
    }

    @Test func `a document that is cut off anywhere is refused`() {
        let text = Array(Self.sample.utf8)
        for count in text.indices { #expect(refusal(Array(text[..<count])) != nil, "\(count)") }
        #expect(refusal(text) == nil)
    }

    @Test func `changed documents are refused or read, and stay within the limits`() {
        var random = SeededRandom(seed: 42)
        let sample = Array(Self.sample.utf8)
        let pieces = [
            "<", ">", "&", "\0", "<!DOCTYPE a [<!ENTITY b 'c'>]>", "<?x?>", "<![CDATA[", "]]>",
            "<!--", "-->", "xmlns:q='u'", "q:", "&#x41;", "\u{FEFF}", "</a>", "<a>", "'",
        ].map { Array($0.utf8) }
        var readCount = 0
        for _ in 0..<30_000 {
            var bytes = sample
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<max(1, bytes.count), using: &random)
                let end = min(bytes.count, place + Int.random(in: 0...6, using: &random))
                switch Int.random(in: 0...3, using: &random) {
                case 0: bytes.removeSubrange(min(place, end)..<end)
                case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
                case 2:
                    let piece = pieces.randomElement(using: &random) ?? []
                    bytes.insert(contentsOf: piece, at: place)
                default: bytes.insert(contentsOf: bytes[min(place, end)..<end], at: place)
                }
            }
            // Refusing is one of the two right outcomes, so the error says nothing.
            guard let root = try? XMLElement.parse(bytes) else { continue }
            readCount += 1
            #expect(Self.depth(root) <= 32)
        }
        #expect(readCount > 100)
    }

    private static func depth(_ element: XMLElement) -> Int {
        1 + (element.children.map { depth($0) }.max() ?? 0)
    }

    private static let sample = """
        <?xml version="1.0" encoding="UTF-8"?>
        <s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header/><s:Body>
        <Request xmlns="urn:oasis:names:tc:SAML:1.0:protocol" MajorVersion="1" RequestID="_1">
        <AssertionArtifact>ST-1-&#x41;b&amp;<![CDATA[c]]><!-- d --></AssertionArtifact>
        </Request></s:Body></s:Envelope>
        """
}
