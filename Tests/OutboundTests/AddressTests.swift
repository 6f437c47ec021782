import Platform
import TestSupport
import Testing

@testable import Outbound

@Suite("Where nobody is called") struct AddressTests {
    private let peer: Peer

    init() throws {
        peer = try Peer.shared.get()
    }

    @Test(arguments: [
        "127.0.0.1", "127.1.2.3", "[::1]", "[::ffff:127.0.0.1]", "localhost", "LOCALHOST",
        "2130706433", "0x7f.1", "127.1", "[::127.0.0.1]", "[64:ff9b::7f00:1]",
        "0.0.0.0", "0", "[::]", "169.254.1.1", "169.254.169.254", "[::ffff:169.254.169.254]",
        "[fe80::1]", "224.0.0.1", "[ff02::1]", "255.255.255.255", "[2002:7f00:1::1]",
        "100.100.100.200", "[::ffff:100.100.100.200]", "[64:ff9b::6464:64c8]", "[fd00:ec2::254]",
        "[2002:6464:64c8::1]", "[64:ff9b:1::a00:1]", "[64:ff9b:1:ffff::1]",
    ])
    func `an address that is never right is refused`(host: String) throws {
        let client = try peer.client { $0.allowsLoopback = false }
        for server in ["plain", "plain6"] {
            let url = "http://\(host):\(peer.port(server))/echo"
            let failure = client.failure(url, allowsPlain: true)
            #expect(failure?.reasonClass == "refused address", "\(host)")
        }
    }

    @Test(arguments: [
        "0.0.0.0", "[::]", "169.254.1.1", "[fe80::1]", "[ff02::1]", "255.255.255.255",
    ])
    func `allowing loopback allows nothing else`(host: String) throws {
        let url = "http://\(host):\(peer.port("plain"))/echo"
        let failure = try peer.client().failure(url, allowsPlain: true)
        #expect(failure?.reasonClass == "refused address")
    }

    @Test func `loopback can be allowed`() throws {
        let client = try peer.client()
        for url in [
            peer.url("plain", "/echo", host: "127.0.0.1"),
            peer.url("plain", "/echo", host: "[::ffff:127.0.0.1]"),
            peer.url("plain6", "/echo", host: "[::1]"), peer.url("plain", "/echo"),
            peer.url("plain6", "/echo"),
        ] {
            #expect(client.failure(url, allowsPlain: true) == nil, "\(url)")
        }
    }

    @Test func `networks can be denied`() throws {
        let networks = ["127.0.0.0/31", "::1/128", "10.0.0.0/8"].compactMap { Network($0) }
        let client = try peer.client { $0.deniedNetworks = networks }
        for host in ["127.0.0.1", "localhost", "[::1]", "10.1.2.3"] {
            let url = "http://\(host):\(peer.port("plain"))/echo"
            let failure = client.failure(url, allowsPlain: true)
            #expect(failure?.reasonClass == "refused address", "\(host)")
        }
        let neighbour = client.failure(
            "http://127.0.0.2:\(peer.port("plain"))/echo", allowsPlain: true)
        #expect(neighbour == .unreachable)
    }

    @Test func `private networks may be called unless they are denied`() {
        let rules = AddressRules(OutboundPolicy())
        for text in [
            "10.0.0.1", "192.168.1.1", "172.16.0.1", "fd00::1", "192.0.2.1",
            "100.100.100.201", "fd00:ec2::255", "64:ff9b:2::1", "64:ff9b::a00:1",
        ] {
            #expect(IPAddress(text).map(rules.refuses) == false, "\(text)")
        }
    }

    @Test(arguments: [
        "https://user@host/", "https://user:secret@host/", "https://@host/", "https://host/#a",
        "https://host#a", "https://host/a b", "https://host/a\r\nX: y", "https://host/\0",
        "https://host/\u{7F}", "https://host\\@other/", "https:\\\\host/", "https:/host/",
        "https:host", "https://", "https:///a", "//host/", "host/", "", ":", "https",
        "http://host/", "file:///etc/passwd", "gopher://host/", "ftp://host/", "ldap://host/",
        "dict://host/", "https://host:0/", "https://host:65536/", "https://host:/",
        "https://host:a/", "https://[::1/", "https://[fe80::1%25eth0]/", "https://[]/",
        "https://[1.2.3.4]/", "https://ho%73t/", "https://h\u{F6}st/", "https://.host/",
        "https://ho st/", "https://host\t/", " https://host/", "https://host:443:443/",
        "https://[::1]x/", "https://x[::1]/", "https://a,b/", "https://?a",
    ])
    func `a URL that two readers could read differently is refused`(url: String) throws {
        let failure = try peer.client().failure(url)
        #expect(failure?.reasonClass == "address", "\(url)")
    }

    @Test func `a URL may be long, but not too long`() throws {
        let start = "https://host/"
        let padding = String(repeating: "a", count: TargetURL.bytesMax - start.utf8.count)
        #expect(try TargetURL(start + padding, allowsPlain: false).text == start + padding)
        #expect(throws: OutboundError.self) {
            try TargetURL(start + padding + "a", allowsPlain: false)
        }
    }

    @Test(arguments: [
        ("HTTPS://Host.Example", "https://host.example/", "https://host.example"),
        ("https://host:8443?a=@b", "https://host:8443/?a=@b", "https://host:8443"),
        ("https://[::1]:1/%41%zz", "https://[::1]:1/%41%zz", "https://[::1]:1"),
        ("https://h/\u{F6}|\"{}", "https://h/%C3%B6%7C%22%7B%7D", "https://h"),
    ])
    func `a URL is sent as it stands`(url: String, text: String, origin: String) throws {
        let target = try TargetURL(url, allowsPlain: false)
        #expect(target.text == text)
        #expect(target.origin == origin)
    }

    @Test func `random URLs are refused or read, and nothing else`() throws {
        var random = SeededRandom(seed: 7)
        let pieces = Array("https://[]:@/?#\\%.a1 \u{F6}\0").map(String.init)
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...20, using: &random)
            let tail = (0..<count).compactMap { _ in pieces.randomElement(using: &random) }
            // Either outcome is right; not ending in one is not.
            let target = try? TargetURL("https://" + tail.joined(), allowsPlain: false)
            #expect(target.map { $0.text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } } != false)
        }
    }
}
