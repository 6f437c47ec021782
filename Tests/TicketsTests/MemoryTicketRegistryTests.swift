internal import TestSupport
internal import Testing
internal import Tickets

@Suite struct MemoryTicketRegistryTests {
    @Test(arguments: TicketRegistryCheck.all)
    func `conforms`(_ check: TicketRegistryCheck) throws {
        try check.run(MemoryTicketRegistry())
    }

    @Test func `full is an error that changes nothing`() throws {
        try TicketRegistryCheck.checkFull(MemoryTicketRegistry(capacity: 100))
    }
}
