internal import CASProtocol
internal import Platform
internal import TestSupport
internal import Testing
internal import Tickets

@testable internal import TicketStores

@Suite struct TicketRecordTests {
    @Test func `records come back as they were written`() throws {
        var random = SeededRandom(seed: 1)
        for _ in 0..<500 {
            let session = SessionRecord.random(&random)
            #expect(try SessionRecord(session.bytes, handle: session.session.handle) == session)
            let ticket = TicketRecord.random(&random)
            #expect(try TicketRecord(ticket.bytes) == ticket)
            let service = SessionService.random(&random)
            #expect(try SessionService(record: service.record) == service)
            let key = ExpiryKey(.random(&random), .oneTime, .random(&random))
            #expect(try ExpiryKey(key.bytes) == key)
            let delivery = DeliveryRecord.random(&random)
            #expect(try DeliveryRecord(delivery.bytes, id: delivery.delivery.id) == delivery)
            #expect(try DeliveryKey(delivery.key.bytes) == delivery.key)
        }
    }

    @Test func `what is spent is the unused record with its date, in the same length`() throws {
        var random = SeededRandom(seed: 6)
        for _ in 0..<100 {
            var ticket = TicketRecord.random(&random)
            ticket.use = nil
            let spent = TicketRecord.spent(ticket.bytes, at: epoch)
            #expect(spent.count == ticket.bytes.count)
            ticket.use = TicketRecord.Use(date: epoch)
            #expect(spent == ticket.bytes)
            #expect(try TicketRecord(spent) == ticket)
        }
    }

    @Test func `keys sort like their dates, before 1970 too`() {
        let dates: [Int64] = [.min, -5, -1, 0, 1, 255, 256, 1_777_777_777_777, .max]
        var random = SeededRandom(seed: 2)
        let keys = dates.map {
            ExpiryKey(Instant(milliseconds: $0), .session, .random(&random)).bytes
        }
        for (left, right) in zip(keys, keys.dropFirst()) {
            #expect(left.lexicographicallyPrecedes(right))
        }
    }

    @Test func `a truncated record is corrupt`() throws {
        var random = SeededRandom(seed: 3)
        for _ in 0..<20 {
            let session = SessionRecord.random(&random)
            let ticket = TicketRecord.random(&random).bytes
            let service = SessionService.random(&random).record
            for length in 0..<session.bytes.count {
                #expect(throws: TicketRegistryError.self) {
                    try SessionRecord(
                        Array(session.bytes.prefix(length)), handle: session.session.handle)
                }
            }
            for length in 0..<ticket.count {
                #expect(throws: TicketRegistryError.self) {
                    try TicketRecord(Array(ticket.prefix(length)))
                }
            }
            let delivery = DeliveryRecord.random(&random)
            for length in 0..<delivery.bytes.count {
                #expect(throws: TicketRegistryError.self) {
                    try DeliveryRecord(
                        Array(delivery.bytes.prefix(length)), id: delivery.delivery.id)
                }
            }
            for length in 0..<service.count {
                #expect(throws: TicketRegistryError.self) {
                    try SessionService(record: Array(service.prefix(length)))
                }
            }
        }
    }

    @Test func `a damaged record is corrupt or another record, never a crash`() {
        var random = SeededRandom(seed: 4)
        for _ in 0..<3000 {
            let session = SessionRecord.random(&random)
            let delivery = DeliveryRecord.random(&random)
            var bytes =
                [
                    session.bytes, TicketRecord.random(&random).bytes,
                    SessionService.random(&random).record, delivery.bytes,
                ].randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
            // What the records say does not matter here.
            if let record = try? SessionRecord(bytes, handle: session.session.handle) {
                _ = record.session.expiresAt
            }
            if let record = try? TicketRecord(bytes) { _ = record.keptUntil }
            _ = try? SessionService(record: bytes)
            _ = try? ExpiryKey(bytes)
            _ = try? DeliveryRecord(bytes, id: delivery.delivery.id)
            _ = try? DeliveryKey(bytes)
        }
    }

    @Test func `a length that would overflow is corrupt`() {
        for length in [[UInt8](repeating: 255, count: 10), [255, 255, 255, 255, 127], [128]] {
            #expect(throws: TicketRegistryError.self) {
                var reader = RecordReader(length)
                _ = try reader.field()
            }
        }
    }
}

extension SessionRecord {
    fileprivate static func random(_ random: inout SeededRandom) -> SessionRecord {
        var attributes = Attributes()
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            attributes.add(.random(&random), to: .random(&random))
        }
        let event = AuthenticationEvent(
            date: .random(&random), handlers: .random(&random), credentialTypes: .random(&random),
            certificateDigest: Bool.random(using: &random)
                ? TicketHandle.random(&random).bytes : nil,
            isLongTerm: .random(using: &random))
        let session = TicketGrantingTicket(
            handle: .random(&random),
            principal: Principal(id: .random(&random), attributes: attributes), event: event,
            grantedAt: .random(&random),
            lifetime: SessionLifetime(hard: .random(&random), idle: .random(&random)),
            lastUsedAt: .random(&random), hasGranted: .random(using: &random),
            proxy: Bool.random(using: &random)
                ? ProxyGrant(
                    root: .random(&random), service: .random(&random), proxies: .random(&random))
                : nil,
            upstream: Bool.random(using: &random)
                ? UpstreamSession(provider: .random(&random), ticket: .random(&random)) : nil)
        return SessionRecord(session: session, indexedAt: .random(&random))
    }
}

extension TicketRecord {
    fileprivate static func random(_ random: inout SeededRandom) -> TicketRecord {
        let judgement = TicketJudgement(
            reason: .random(&random),
            presentedService: Bool.random(using: &random) ? .random(&random) : nil)
        return TicketRecord(
            service: .random(&random), grantedAt: .random(&random),
            lifetime: .random(&random), isFromNewLogin: .random(using: &random),
            isProxy: .random(using: &random), session: .random(&random),
            use: Bool.random(using: &random)
                ? Use(
                    date: .random(&random),
                    judgement: Bool.random(using: &random) ? judgement : nil) : nil)
    }
}

extension DeliveryRecord {
    fileprivate static func random(_ random: inout SeededRandom) -> DeliveryRecord {
        let session = TicketHandle.random(&random)
        let service = SessionService.random(&random)
        return DeliveryRecord(
            delivery: LogoutDelivery(
                id: LogoutDeliveryID(session: session, service: service), session: session,
                principal: .random(&random), service: service.service, ticket: service.ticket,
                cause: LogoutCause.allCases.randomElement(using: &random) ?? .logout,
                createdAt: .random(&random), tries: Int.random(in: 0...9, using: &random),
                status: LogoutStatus.allCases.randomElement(using: &random) ?? .failed,
                lastTriedAt: Bool.random(using: &random) ? .random(&random) : nil,
                note: Bool.random(using: &random) ? .random(&random) : nil),
            date: .random(&random))
    }
}

extension SessionService {
    fileprivate static func random(_ random: inout SeededRandom) -> SessionService {
        SessionService(
            service: .random(&random), ticket: mint(.serviceTicket), enteredAt: .random(&random))
    }
}

extension TicketHandle {
    fileprivate static func random(_ random: inout SeededRandom) -> TicketHandle {
        TicketHandle(bytes: (0..<32).map { _ in .random(in: 0...255, using: &random) })
            ?? TicketHandle(of: mint(.serviceTicket))
    }
}

extension Instant {
    fileprivate static func random(_ random: inout SeededRandom) -> Instant {
        Instant(milliseconds: .random(in: .min ... .max, using: &random))
    }
}

extension Duration {
    fileprivate static func random(_ random: inout SeededRandom) -> Duration {
        .milliseconds(Int64.random(in: 0...1_000_000_000_000, using: &random))
    }
}

extension String {
    fileprivate static func random(_ random: inout SeededRandom) -> String {
        let characters = Array("aB9-./é漢🎟\n\0 ")
        return String(
            (0..<Int.random(in: 0...200, using: &random)).compactMap { _ in
                characters.randomElement(using: &random)
            })
    }
}

extension [String] {
    fileprivate static func random(_ random: inout SeededRandom) -> [String] {
        (0..<Int.random(in: 0...3, using: &random)).map { _ in String.random(&random) }
    }
}
