import Testing

@testable import Platform

@Suite("IP addresses and networks") struct NetworkTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("2001:DB8:0:0::1", "2001:db8::1"), ("::", "::"),
        ("::ffff:192.0.2.1", "192.0.2.1"), ("::ffff:c000:201", "192.0.2.1"), ("::1", "::1"),
        ("0.0.0.0", "0.0.0.0"),
    ])
    func `an address is read and written`(text: String, written: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == written)
        #expect(IPAddress(bytes: address.bytes) == address)
        #expect(IPAddress(written) == address)
    }

    @Test(arguments: [
        "", " ", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.04", "0x7f.0.0.1", "1.2.3.4 ",
        "1.2.3.4\0", ":::", "fe80::1%eth0", "[::1]", "1.2.3.4:80", "localhost", "12345::",
    ])
    func `what is no address is not read`(text: String) {
        #expect(IPAddress(text) == nil)
        #expect(Network(text) == nil)
    }

    @Test func `addresses have four or sixteen bytes`() {
        #expect(IPAddress(bytes: [127, 0, 0, 1])?.description == "127.0.0.1")
        for count in [0, 1, 3, 5, 15, 17] {
            #expect(IPAddress(bytes: [UInt8](repeating: 1, count: count)) == nil)
        }
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.0.0.0", "10.255.255.255", "11.0.0.0"),
        ("10.1.2.3/8", "10.0.0.0", "10.255.255.255", "9.255.255.255"),
        ("192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"),
        ("192.0.2.1/32", "192.0.2.1", "::ffff:192.0.2.1", "192.0.2.0"),
        ("172.16.0.0/12", "172.16.0.0", "172.31.255.255", "172.32.0.0"),
        ("0.0.0.0/0", "0.0.0.0", "255.255.255.255", "::"),
        ("2001:db8::/32", "2001:db8::", "2001:db8:ffff::1", "2001:db9::"),
        ("fe80::/10", "fe80::1", "febf::1", "fec0::1"),
        ("::1", "::1", "::1", "::2"),
        ("::/0", "::", "ffff::", "1.2.3.4"),
        ("::ffff:10.0.0.0/104", "10.0.0.1", "::ffff:10.9.9.9", "11.0.0.1"),
    ])
    func `a network contains its addresses`(
        network: String, first: String, last: String, outside: String
    ) throws {
        let network = try #require(Network(network))
        #expect(network.contains(try #require(IPAddress(first))))
        #expect(network.contains(try #require(IPAddress(last))))
        #expect(!network.contains(try #require(IPAddress(outside))))
        #expect(Network(network.description) == network)
    }

    @Test(arguments: [
        "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08", "10.0.0.0/8/8",
        "/8", "::/129", "::ffff:10.0.0.0/8", "10.0.0.0/ 8", "10.0.0.0/255.0.0.0", "10/8",
        "10.0.0.0/99999999999999999999",
    ])
    func `what is no network is not read`(text: String) {
        #expect(Network(text) == nil)
    }
}
