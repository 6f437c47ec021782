internal import LMDB

/// The databases of the store, and what their keys and values are.
struct Databases: Sendable {
    /// Handle → ``SessionRecord``; proxy-granting tickets are among them.
    let sessions: Database
    /// Handle → ``TicketRecord``.
    let tickets: Database
    /// ``ExpiryKey`` → nothing.
    let expiry: Database
    /// SHA-256 of the principal's name, handle of the session → nothing.
    let principals: Database
    /// Handle of the session, key of the service in it → record of the service.
    let services: Database
    /// Handle of the session, handle of a proxy-granting ticket that rests on it → nothing.
    let children: Database
    /// ``UpstreamSession/key``, handle of the session → nothing.
    let upstreams: Database
    /// Identifier → ``DeliveryRecord``.
    let deliveries: Database
    /// ``DeliveryKey`` of a pending delivery, by when it is due → nothing.
    let dues: Database
    /// ``DeliveryKey`` of a settled delivery, by when it is forgotten → nothing.
    let settled: Database
    /// ``FailureKey`` → ``FailureRecord``, but those of known addresses.
    let failures: Database
    /// ``FailureEnd`` of a record of ``failures`` → nothing.
    let failureEnds: Database
    /// ``FailureKey`` of a known address → ``FailureRecord``.
    let familiars: Database
    /// ``FailureEnd`` of a record of ``familiars`` → nothing.
    let familiarEnds: Database
    /// Mark → its end.
    let marks: Database
    /// ``MarkEnd`` → nothing.
    let markEnds: Database
    /// Two things with names of their own: the format, and the next slot of a sweep.
    let meta: Database

    static let names = [
        "sessions", "tickets", "expiry", "principals", "services", "children", "upstreams",
        "deliveries", "dues", "settled", "failures", "failure-ends", "familiars", "familiar-ends",
        "marks", "mark-ends",
        StoreFolder.metaDatabase,
    ]

    init(_ environment: Environment) {
        sessions = environment.database("sessions")
        tickets = environment.database("tickets")
        expiry = environment.database("expiry")
        principals = environment.database("principals")
        services = environment.database("services")
        children = environment.database("children")
        upstreams = environment.database("upstreams")
        deliveries = environment.database("deliveries")
        dues = environment.database("dues")
        settled = environment.database("settled")
        failures = environment.database("failures")
        failureEnds = environment.database("failure-ends")
        familiars = environment.database("familiars")
        familiarEnds = environment.database("familiar-ends")
        marks = environment.database("marks")
        markEnds = environment.database("mark-ends")
        meta = environment.database(StoreFolder.metaDatabase)
    }

    var ofDeliveries: [Database] { [deliveries, dues, settled] }

    var all: [Database] {
        [sessions, tickets, expiry, principals, services, children, upstreams, meta]
            + ofDeliveries + [failures, failureEnds, familiars, familiarEnds, marks, markEnds]
    }
}
