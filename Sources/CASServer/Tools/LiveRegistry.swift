internal import Platform
internal import TicketStores
internal import Tickets

/// The tickets of the running service, as another process sees them.
enum LiveRegistry {
    /// Opens the ticket store that the workers have open; never makes or replaces one.
    ///
    /// - Throws: Why it cannot be opened, and what to do.
    static func open(_ configuration: Configuration) throws -> any TicketRegistry {
        guard configuration.tickets.registry == .lmdb else {
            throw ToolFailure(
                "\(configuration.file): tickets.registry is memory, so the tickets are inside the "
                    + "serving process and nobody else can see them")
        }
        let folder = configuration.state.runtimeDirectory + "/tickets"
        try requireLiveStore(in: folder)
        do {
            return try LMDBTicketRegistry(
                runtimeDirectory: folder, snapshotFile: nil,
                mapBytes: configuration.tickets.mapSizeBytes)
        } catch TicketRegistryError.unavailable(let reason) {
            throw ToolFailure("\(folder): cannot be opened: \(reason). \(hint)")
        }
    }

    /// A store of an earlier boot, or of none, would be thrown away when it is opened.
    private static func requireLiveStore(in folder: String) throws {
        let names: [String]
        let boot: String
        do {
            names = try File.names(in: folder)
            boot = names.contains("tickets.boot") ? try File.readText(folder + "/tickets.boot") : ""
        } catch {
            throw ToolFailure("\(error.path): \(error.reason). \(hint)")
        }
        guard names.contains("tickets.mdb"), !boot.isEmpty, boot == systemBootID() else {
            throw ToolFailure(
                "\(folder): there are no tickets of this boot: casd has not been started since, or "
                    + "uses another configuration (--config). Nothing was made or changed")
        }
    }

    private static let hint =
        "Run this as the user that casd runs as (sudo -u casd …), with the configuration that it "
        + "uses (--config), while or after it runs"
}
