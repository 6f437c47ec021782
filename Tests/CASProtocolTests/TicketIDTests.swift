import CASProtocol
import Platform
import Testing

@Suite("CAS 3.0 §3 ticket identifiers") struct TicketIDTests {
    @Test(arguments: TicketKind.allCases) func `a minted ticket has its prefix and is read again`(
        kind: TicketKind
    ) {
        let id = TicketID.mint(kind, from: systemRandomBytes)
        #expect(id.wireValue.hasPrefix(kind.rawValue + "-"))
        #expect(TicketID(id.wireValue) == id)
        #expect(id.wireValue.utf8.count <= 64)
    }

    @Test func `a service ticket carries at least 160 bits and others 256`() {
        let bits = { (kind: TicketKind) -> Double in
            let id = TicketID.mint(kind, from: systemRandomBytes).wireValue
            // log2(62) is 5.954.
            return Double(id.utf8.count - kind.rawValue.utf8.count - 1) * 5.954
        }
        #expect(bits(.serviceTicket) >= 160)
        #expect(bits(.ticketGrantingTicket) >= 256)
        #expect(bits(.proxyGrantingTicket) >= 256)
    }

    @Test func `minting uses letters and digits only, none more often than the others`() {
        var counts: [UInt8: Int] = [:]
        for _ in 0..<4000 {
            for byte in TicketID.mint(.serviceTicket, from: systemRandomBytes).wireValue.utf8
                .dropFirst(3)
            {
                counts[byte, default: 0] += 1
            }
        }
        #expect(counts.count == 62)
        // 128,000 draws, 2,065 of each expected; seven standard deviations are 315.
        #expect(counts.values.allSatisfy { (1750...2380).contains($0) })
    }

    @Test func `bytes that would bias the alphabet are thrown away`() {
        let bytes: RandomBytes = { count in (0..<count).map { $0 < 2 ? 255 : 61 } }
        #expect(
            TicketID.mint(.serviceTicket, from: bytes).wireValue
                == "ST-" + String(repeating: "z", count: 32))
    }

    @Test(arguments: [
        "", "ST", "ST-", "XX-abc", "st-abc", "ST-a_b", "ST-a b", "ST-a\nb", "ST-é", "ST-a=",
        "ST-</cas:user>", "-abc", "ST-" + String(repeating: "a", count: 254),
    ])
    func `what is no identifier is not read`(text: String) {
        #expect(TicketID(text) == nil)
    }

    @Test func `identifiers of other makers are read, up to 256 characters`() {
        #expect(TicketID("ST-1-abc.DEF-cas01.example.org")?.kind == .serviceTicket)
        #expect(TicketID("ST-" + String(repeating: "a", count: 253)) != nil)
        #expect(TicketID("PGTIOU-a")?.kind == .proxyGrantingTicketReceipt)
    }

    @Test func `a description gives nothing away`() {
        let id = TicketID.mint(.ticketGrantingTicket, from: systemRandomBytes)
        #expect("\(id)" == "TGT-…")
    }
}
