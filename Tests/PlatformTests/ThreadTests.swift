import Platform
import Testing

@Suite("Threads and the bell between them") struct ThreadTests {
    @Test func `a ring before the wait is kept, and wakes one waiter`() throws {
        let bell = try WakeUp()
        #expect(!bell.wait(within: .zero))
        bell.ring()
        #expect(bell.wait(within: .zero))
        #expect(!bell.wait(within: .zero))
    }

    @Test func `a ring wakes a thread that waits`() throws {
        let bell = try WakeUp()
        let answer = try WakeUp()
        try startThread("a name that is longer than the system allows") {
            if bell.wait(within: .seconds(30)) { answer.ring() }
        }
        bell.ring()
        #expect(answer.wait(within: .seconds(30)))
    }

    @Test func `more rings than the pipe holds block nobody`() throws {
        let bell = try WakeUp()
        for _ in 0..<100_000 { bell.ring() }
        #expect(bell.wait(within: .zero))
    }
}
