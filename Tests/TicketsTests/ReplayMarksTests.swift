internal import Platform
internal import TestSupport
internal import Testing
internal import Tickets

@Suite struct ReplayMarksTests {
    @Test(arguments: ReplayMarksCheck.all)
    func `memory conforms`(_ check: ReplayMarksCheck) throws {
        try check.run(MemoryTicketRegistry())
    }

    @Test func `a full store refuses, and forgets nothing before its end`() throws {
        let registry = MemoryTicketRegistry(markCapacity: 100)
        for number in 0..<100 { #expect(try registry.claim(number)) }
        #expect(throws: TicketRegistryError.full) { try registry.claim(100) }
        for number in 0..<100 { #expect(try !registry.claim(number)) }
        // Those that are over make room by themselves.
        let later = epoch + .seconds(60)
        #expect(try registry.claim(100, for: .seconds(120), at: later))
        for number in 101..<200 {
            #expect(try registry.claim(number, for: .seconds(120), at: later))
        }
        #expect(throws: TicketRegistryError.full) {
            try registry.claim(200, for: .seconds(120), at: later)
        }
    }
}
