internal import TestSupport
internal import Testing
internal import TicketStores

@Suite struct LMDBTicketRegistryTests {
    @Test(arguments: TicketRegistryCheck.all)
    func `conforms`(_ check: TicketRegistryCheck) throws {
        let folder = try TemporaryDirectory()
        try check.run(folder.registry())
    }

    @Test func `full is an error that changes nothing`() throws {
        let folder = try TemporaryDirectory()
        try TicketRegistryCheck.checkFull(folder.registry(mapBytes: 1 << 20))
    }

    @Test func `a session ends even if its logout messages find no room`() throws {
        let folder = try TemporaryDirectory()
        try TicketRegistryCheck.checkFullQueue(folder.registry(mapBytes: 2 << 20))
    }

    @Test func `all sessions of a full registry can be ended`() throws {
        let folder = try TemporaryDirectory()
        try TicketRegistryCheck.checkFullLogout(folder.registry(mapBytes: 2 << 20))
    }
}

extension TemporaryDirectory {
    /// A registry in the folder, with its snapshot beside it.
    func registry(mapBytes: Int = 64 << 20, bootID: String = "boot") throws -> LMDBTicketRegistry {
        try LMDBTicketRegistry(
            runtimeDirectory: file("run"), snapshotFile: file("tickets.snapshot"),
            mapBytes: mapBytes, bootID: bootID)
    }
}
