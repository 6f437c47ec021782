import CASProtocol
import Testing
import XML

@Suite("CAS 3.0 §2.7 answers of /proxy") struct ProxyResponseTests {
    static let cases: [(String, ProxyResponse)] = [
        ("proxy-success", .success(Sample.ticket(.proxyTicket))),
        ("proxy-failure", .failure(.invalidTicket)),
    ]

    @Test(arguments: cases.indices) func `the XML is the golden file, byte for byte`(
        index: Int
    ) throws {
        let (name, response) = Self.cases[index]
        #expect(String(decoding: response.xml, as: UTF8.self) == (try Golden.text(name + ".xml")))
    }

    @Test func `a ticket is read back`() throws {
        let ticket = try XMLElement.parse(Self.cases[0].1.xml)
            .first("proxySuccess", Sample.casNamespace)?
            .first("proxyTicket", Sample.casNamespace)
        #expect(ticket?.text == Sample.ticket(.proxyTicket).wireValue)
    }

    @Test(arguments: ProxyFailureCode.allCases) func `every failure has its code and a text`(
        code: ProxyFailureCode
    ) throws {
        let root = try XMLElement.parse(ProxyResponse.failure(code).xml)
        let failure = try #require(root.first("proxyFailure", Sample.casNamespace))
        #expect(root.children.count == 1)
        #expect(failure.attribute("code") == code.rawValue)
        #expect(failure.text == code.text && !code.text.isEmpty)
    }
}
