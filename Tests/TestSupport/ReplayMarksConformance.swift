package import Platform
internal import Testing
package import Tickets

/// What all stores of marks must do, one check for each sentence of ``ReplayMarks``.
package struct ReplayMarksCheck: Sendable, CustomTestStringConvertible {
    package let name: String
    /// Runs the check on a store without marks.
    package let run: @Sendable (any ReplayMarks) throws -> Void

    init(_ name: String, _ run: @escaping @Sendable (any ReplayMarks) throws -> Void) {
        self.name = name
        self.run = run
    }

    package var testDescription: String { name }

    /// All checks.
    package static let all = claimChecks + sweepChecks
}

/// A mark as good as the digest of a number.
package func mark(_ number: Int) -> [UInt8] {
    (0..<ReplayMarkLimits.byteCount).map { UInt8(truncatingIfNeeded: number >> (8 * ($0 % 8))) }
}

extension ReplayMarks {
    package func claim(
        _ number: Int, for time: Duration = .seconds(60), at now: Instant = epoch
    ) throws(TicketRegistryError) -> Bool {
        try claim(mark(number), until: epoch + time, at: now)
    }
}

extension ReplayMarksCheck {
    private static var claimChecks: [ReplayMarksCheck] {
        [
            Self("a mark is taken once until its end") { marks throws in
                #expect(try marks.claim(1))
                #expect(try !marks.claim(1))
                #expect(try !marks.claim(1, at: epoch + .milliseconds(59_999)))
                #expect(try marks.claim(1, for: .seconds(120), at: epoch + .seconds(60)))
                #expect(try !marks.claim(1, for: .seconds(180), at: epoch + .seconds(119)))
            },
            Self("a refused claim does not change the end") { marks throws in
                #expect(try marks.claim(1))
                #expect(try !marks.claim(1, for: .seconds(9999)))
                #expect(try marks.claim(1, for: .seconds(9999), at: epoch + .seconds(60)))
            },
            Self("a mark whose end has come is not taken") { marks throws in
                #expect(try !marks.claim(1, for: .zero))
                #expect(try !marks.claim(1, for: .seconds(-1)))
                #expect(try marks.claim(1))
            },
            Self("what is no digest is refused") { marks throws in
                for count in [0, 31, 33, 600] {
                    #expect(throws: TicketRegistryError.self) {
                        try marks.claim(
                            [UInt8](repeating: 1, count: count), until: epoch + .seconds(1),
                            at: epoch)
                    }
                }
            },
            Self("each of many marks is taken once by threads that race") { marks throws in
                let wins = Lock<[Int]>([])
                let failures = Lock(0)
                onThreads(8) { thread in
                    for step in 0..<500 {
                        let number = (step + 61 * thread) % 500
                        do {
                            if try marks.claim(number) { wins.withLock { $0.append(number) } }
                        } catch {
                            failures.withLock { $0 += 1 }
                        }
                    }
                }
                #expect(failures.withLock { $0 } == 0)
                #expect(wins.withLock { $0.sorted() } == Array(0..<500))
            },
            Self("the very end of time is an end") { marks throws in
                let never = Instant(milliseconds: .max)
                #expect(try marks.claim(mark(1), until: never, at: epoch))
                #expect(try !marks.claim(mark(1), until: never, at: epoch + .seconds(1 << 33)))
            },
        ]
    }

    private static var sweepChecks: [ReplayMarksCheck] {
        [
            Self("the sweep removes marks whose end has come, and no others") { marks throws in
                for number in 0..<10 { #expect(try marks.claim(number, for: .seconds(number + 1))) }
                #expect(try marks.sweepMarks(at: epoch, limit: 100) == 0)
                #expect(try marks.sweepMarks(at: epoch + .seconds(5), limit: 2) == 2)
                #expect(try marks.sweepMarks(at: epoch + .seconds(5), limit: 100) == 3)
                #expect(try marks.sweepMarks(at: epoch + .seconds(5), limit: 100) == 0)
                for number in 5..<10 {
                    #expect(try !marks.claim(number, at: epoch + .seconds(5)))
                }
                #expect(try marks.sweepMarks(at: epoch + .seconds(60), limit: 100) == 5)
            },
            Self("a mark that was taken again is swept at its new end") { marks throws in
                #expect(try marks.claim(1))
                #expect(try marks.claim(1, for: .seconds(120), at: epoch + .seconds(60)))
                #expect(try marks.sweepMarks(at: epoch + .seconds(119), limit: 100) == 0)
                #expect(try !marks.claim(1, for: .seconds(200), at: epoch + .seconds(119)))
                #expect(try marks.sweepMarks(at: epoch + .seconds(120), limit: 100) == 1)
            },
            Self("thousands of marks come and go") { marks throws in
                for number in 0..<3000 { #expect(try marks.claim(number)) }
                for number in 0..<3000 { #expect(try !marks.claim(number)) }
                #expect(try marks.sweepMarks(at: epoch + .seconds(60), limit: 10_000) == 3000)
                #expect(try marks.claim(7))
            },
        ]
    }
}
