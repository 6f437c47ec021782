internal import Platform

extension KeyTools {
    /// Removes a key, so that no token of it is accepted any more and it is not published.
    ///
    /// A next key is replaced by another one; the current one is not removed.
    ///
    /// - Parameter id: As ``list(format:in:)`` shows it.
    package static func revoke(
        _ id: String, in surroundings: () throws -> Surroundings
    ) -> ToolOutput {
        ToolOutput {
            let here = try surroundings()
            let lock = try here.lock()
            defer { withExtendedLifetime(lock) {} }
            guard let old = try here.source.folder.readRing(),
                let layer = TokenKeyRing.Layer.allCases.first(where: { layer in
                    old[layer]?.all.contains { $0.id == id } ?? false
                }), var keys = old[layer]
            else {
                throw ToolFailure(
                    "there is no key '\(id.shown)' in \(here.source.folder.path); casd keys list "
                        + "shows all")
            }
            guard id != keys.current.id else {
                throw ToolFailure(
                    "\(id) is the current key for \(layer.rawValue): change to another one first "
                        + "(casd keys rotate \(layer.rawValue) --force), then revoke it")
            }
            let isNext = id == keys.next.id
            if isNext {
                let algorithm = try here.ring(toChange: layer).algorithm
                keys.next = try here.source.folder.addKey(
                    layer, algorithm: algorithm, now: here.clock(), random: here.random)
            } else {
                keys.previous.removeAll { $0.id == id }
            }
            var ring = old
            ring[layer] = keys
            // A previous key goes also while another one cannot be read.
            _ = try here.put(ring, insteadOf: old, isChecked: isNext)
            return ToolOutput(
                "\(layer.rawValue): \(id) is revoked; its tokens are refused, and programs that "
                    + "keep public keys forget it within an hour.\n"
                    + (isNext ? "\(keys.next.id) is the next key.\n" + here.advice(keys) : ""))
        }
    }
}
