package import Logging
package import Platform

/// The keys of tokens in force, replaced as a whole when the ring changes.
///
/// No token is refused because of a rotation: every worker accepts the tokens of the next key long
/// before it becomes the current one, and those of previous keys until the longest token has
/// expired. Whoever changes the ring counts up what all processes share, and everybody who takes
/// the keys looks at that number first; a change that was not counted is noticed within a second.
/// A ring that cannot be read changes nothing.
package final class TokenKeyCatalog: Sendable {
    private struct State {
        var keys: TokenKeys
        /// What ``changes`` was before the ring was read.
        var generation: UInt64 = 0
        var version: FileVersion?
        /// What was logged last, so that it is not logged each second.
        var fault: TokenKeyFault?
    }

    private let state: Lock<State>
    /// Held while keys are read, so that an earlier reading never replaces a later one.
    private let reading = Lock(())
    private let source: TokenKeySource?
    private let changes: SharedCounter?
    private let log: Logger?

    /// Keys that never change.
    package init(_ keys: TokenKeys) {
        state = Lock(State(keys: keys))
        source = nil
        changes = nil
        log = nil
    }

    /// Reads the keys; makes those that are wanting, once for all who start at the same time.
    ///
    /// - Throws: Which key cannot be read or made, and why.
    package init(
        _ configuration: Configuration, now: Instant, random: RandomBytes, log: Logger? = nil
    ) throws(Assembly.Failure) {
        let source = try TokenKeySource(configuration)
        self.source = source
        self.log = log
        do {
            let changes = source.usesRing ? try Assembly.tokenKeyChanges(configuration) : nil
            self.changes = changes
            let generation = changes?.value ?? 0
            let version = source.folder.version
            let (ring, isChanged) = try source.completedRing(at: now, random: random, log: log)
            state = Lock(
                State(
                    keys: try source.keys(ring, log: log), generation: generation,
                    version: version))
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

    /// Reads the keys anew if the ring has changed.
    package func reloadIfChanged() {
        guard let source, source.usesRing else { return }
        reading.withLock { _ in
            let version = source.folder.version
            guard state.withLock({ $0.version != version || $0.fault != nil }) else { return }
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
            let (keys, version) = try read(source)
            state.withLock {
                $0 = State(keys: keys, generation: generation, version: version)
            }
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
    private func read(
        _ source: TokenKeySource
    ) throws(TokenKeyFault) -> (keys: TokenKeys, version: FileVersion?) {
        for _ in 0..<3 {
            let version = source.folder.version
            do {
                return (try keys(source), version)
            } catch {
                // A key that has just been dropped is not read from the ring before.
                guard source.folder.version != version else { throw error }
            }
        }
        return (try keys(source), nil)
    }

    private func keys(_ source: TokenKeySource) throws(TokenKeyFault) -> TokenKeys {
        guard let ring = try source.folder.readRing() else {
            throw TokenKeyFault("is missing", at: source.folder.ringFile)
        }
        return try source.keys(ring, log: log)
    }
}
