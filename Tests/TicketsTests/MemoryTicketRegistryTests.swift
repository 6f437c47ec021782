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

    @Test func `a session ends even if its logout messages find no room`() throws {
        try TicketRegistryCheck.checkFullQueue(MemoryTicketRegistry(capacity: 100))
    }

    @Test func `all sessions of a full registry can be ended`() throws {
        try TicketRegistryCheck.checkFullLogout(MemoryTicketRegistry(capacity: 100))
    }
}
