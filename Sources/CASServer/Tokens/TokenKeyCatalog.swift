package import Logging
package import Platform

/// The keys of tokens in force, replaced as a whole when the ring changes.
///
/// No token is refused because of a rotation: every worker accepts the tokens of the next key long
/// before it becomes the current one, and those of previous keys until the longest token has
/// expired. Whoever changes the ring counts up what all processes share, and everybody who takes
/// the keys looks at that number first; a change that was not counted is noticed within a second.
/// A ring that cannot be read changes nothing. Previous keys whose tokens have all expired are left
/// out, also while nobody changes the ring.
package final class TokenKeyCatalog: Sendable {
    private struct State {
        var keys: TokenKeys
        /// What ``changes`` was before the ring was read.
        var generation: UInt64 = 0
        var version: FileVersion?
        /// When a previous key may be over.
        var end: Instant?
        /// What was logged last, so that it is not logged each second.
        var fault: TokenKeyFault?
    }

    private let state: Lock<State>
    /// Held while keys are read, so that an earlier reading never replaces a later one.
    private let reading = Lock(())
    private let source: TokenKeySource?
    private let changes: SharedCounter?
    private let clock: Clock
    private let log: Logger?

    /// Keys that never change.
    package init(_ keys: TokenKeys) {
        state = Lock(State(keys: keys))
        source = nil
        changes = nil
        clock = { .now }
        log = nil
    }

    /// Reads the keys; makes those that are wanting, once for all who start at the same time.
    ///
    /// - Throws: Which key cannot be read or made, and why.
    package init(
        _ configuration: Configuration, clock: @escaping Clock, random: RandomBytes,
        log: Logger? = nil
    ) throws(Assembly.Failure) {
        let source = try TokenKeySource(configuration)
        self.source = source
        self.clock = clock
        self.log = log
        do {
            let changes = source.usesRing ? try Assembly.tokenKeyChanges(configuration) : nil
            self.changes = changes
            let generation = changes?.value ?? 0
            let isChanged = try source.completeRing(at: clock(), random: random, log: log)
            state = Lock(try Self.read(source, generation, at: clock(), log))
            if isChanged { changes?.increment() }
        } catch {
            throw Assembly.Failure(problems: ["\(error)"])
        }
    }

    /// The keys in force now; one request takes them once.
    package var current: TokenKeys {
        guard let changes else { return state.withLock { $0.keys } }
        let wanted = changes.value
        let keys = state.withLock { $0.generation == wanted ? $0.keys : nil }
        return keys ?? catchUp(with: changes)
    }

    /// Reads the keys anew if the ring has changed, or a previous key may be over.
    package func reloadIfChanged() {
        guard let source, source.usesRing else { return }
        reading.withLock { _ in
            let version = source.folder.version
            let now = clock()
            let isStale = state.withLock { state in
                state.version != version || state.fault != nil
                    || state.end.map { $0 < now } ?? false
            }
            guard isStale else { return }
            reload(source)
        }
    }

    private func catchUp(with changes: SharedCounter) -> TokenKeys {
        reading.withLock { _ in
            // Somebody else may have read them while this thread waited.
            if let source, state.withLock({ $0.generation != changes.value }) { reload(source) }
        }
        return state.withLock { $0.keys }
    }

    /// Only with ``reading`` held.
    private func reload(_ source: TokenKeySource) {
        // First of all, so that what changes while the files are read is read again.
        let generation = changes?.value ?? 0
        do {
            let new = try Self.read(source, generation, at: clock(), log)
            state.withLock { $0 = new }
            log?.notice("token keys reloaded")
        } catch {
            let isNew = state.withLock { state in
                state.generation = generation
                defer { state.fault = error }
                return state.fault != error
            }
            guard isNew else { return }
            log?.error(
                "token keys not reloaded",
                metadata: ["reason": "\(error); the keys before go on being used"])
        }
    }

    /// Reads ring and keys; if the ring is replaced meanwhile, the new one.
    private static func read(
        _ source: TokenKeySource, _ generation: UInt64, at now: Instant, _ log: Logger?
    ) throws(TokenKeyFault) -> State {
        for _ in 0..<3 {
            let version = source.folder.version
            do {
                var state = try keys(source, at: now, log)
                state.generation = generation
                state.version = version
                return state
            } catch {
                // A key that has just been dropped is not read from the ring before.
                guard source.folder.version != version else { throw error }
            }
        }
        var state = try keys(source, at: now, log)
        state.generation = generation
        return state
    }

    private static func keys(
        _ source: TokenKeySource, at now: Instant, _ log: Logger?
    ) throws(TokenKeyFault) -> State {
        guard source.usesRing else { return State(keys: try source.keys(TokenKeyRing())) }
        guard let ring = try source.folder.readRing() else {
            throw TokenKeyFault("is missing", at: source.folder.ringFile)
        }
        let (living, end) = source.lives.living(ring, at: now)
        return State(keys: try source.keys(living, log: log), end: end)
    }
}
