internal import CASProtocol
internal import Platform
internal import Tickets

/// One-time tickets in a file that all processes of the machine map, each in a slot of its own.
///
/// Granting and using a ticket are a few atomic steps and wait for nobody. A process that dies in
/// the middle leaves a ticket that was not granted, or one that is used up; it never leaves one
/// that is there twice. Everything else about tickets stays in the LMDB store, and a ticket that
/// does not fit in a slot, or finds none, is there as well.
final class SlotTable: Sendable {
    private let words: SharedWords
    let count: Int
    private let process = CurrentProcess.pid
    /// How many uses this process has left to be noted since it last saw to that.
    private let unnoted = Lock(0)

    // The file: a page of its own facts; for each slot its word; for each slot when its ticket is
    // forgotten; for each slot a bit; the contents.
    private static let headWords = 512
    private static let mark: UInt64 = 0x6361_7364_736C_6F74
    private static let format: UInt64 = 1
    private static let endingPlace = 3
    private static let cursorPlace = 4
    private static let contentWords = 64
    /// A ticket may be in any slot of its bucket: two lines of the processor's cache.
    private static let bucketSlots = 16

    // A content: the handle, the length of the record, when it was used, the identifier with which
    // it was used and its length before it, the record of the unused ticket.
    private static let lengthPlace = 4
    private static let usePlace = 5
    private static let recordPlace = 13
    static let identifierBytesMax = (recordPlace - usePlace - 2) * 8
    static let recordBytesMax = (contentWords - recordPlace) * 8

    /// How many slots go with a store: a 64th of its size, but at most 16 MiB.
    static func count(mapBytes: Int) -> Int {
        var count = 64
        while count < 32_768, count * 2 * contentWords * 8 * 64 <= mapBytes { count *= 2 }
        return count
    }

    private static func fileWords(_ count: Int) -> Int {
        headWords + count * (2 + contentWords) + count / 64
    }

    /// Opens the file; one that is missing, damaged or of another format is made anew.
    ///
    /// A file of another number of slots stays as it is: other processes may use it.
    ///
    /// - Throws: If there is no room for it, or the system refuses.
    init(path: String, count wanted: Int) throws(FileError) {
        if File.exists(path), let words = try SharedWords(path), let count = Self.count(words) {
            self.words = words
            self.count = count
            return
        }
        try SharedWords.make(
            path, count: Self.fileWords(wanted), head: [Self.mark, Self.format, UInt64(wanted)])
        guard let words = try SharedWords(path) else {
            throw FileError(path: path, reason: "it was changed while it was made")
        }
        self.words = words
        count = wanted
    }

    /// The number of slots of a file, or `nil` if it is none of ours.
    private static func count(_ words: SharedWords) -> Int? {
        guard words.count > headWords, words.load(0) == mark, words.load(1) == format,
            let count = Int(exactly: words.load(2)), count >= 64, count <= 1 << 24,
            count.nonzeroBitCount == 1, words.count == fileWords(count)
        else { return nil }
        return count
    }

    // MARK: Places

    private func wordPlace(_ slot: Int) -> Int { Self.headWords + slot }
    private func endPlace(_ slot: Int) -> Int { Self.headWords + count + slot }
    private func bitPlace(_ slot: Int) -> Int { Self.headWords + 2 * count + slot / 64 }
    private func bit(_ slot: Int) -> UInt64 { 1 << UInt64(slot % 64) }
    private func contentPlace(_ slot: Int) -> Int {
        Self.headWords + 2 * count + count / 64 + slot * Self.contentWords
    }

    private func bucket(_ handle: TicketHandle) -> Range<Int> {
        var number = 0
        for byte in handle.bytes[0..<4] { number = number << 8 | Int(byte) }
        let first = number % (count / Self.bucketSlots) * Self.bucketSlots
        return first..<first + Self.bucketSlots
    }

    func word(_ slot: Int) -> SlotWord { SlotWord(bits: words.load(wordPlace(slot))) }

    /// Takes a slot from one state to another; `false` if somebody was faster.
    @discardableResult
    func advance(_ slot: Int, from before: SlotWord, to after: SlotWord) -> Bool {
        words.replace(before.bits, by: after.bits, at: wordPlace(slot))
    }

    // MARK: Tickets

    /// A ticket as it was found in a slot.
    struct Found {
        let slot: Int
        let word: SlotWord
        let handle: TicketHandle
        /// As the record of the ticket was when it was unused.
        let record: [UInt8]
        /// `nil` if it is unused, or being used.
        let usedAt: Instant?
        /// The identifier with which it was used.
        let identifier: [UInt8]
    }

    /// Puts an unused ticket into a slot.
    ///
    /// - Returns: `false` if it does not fit, or there is no slot for it.
    func add(_ handle: TicketHandle, record: [UInt8], keptUntil: Instant) -> Bool {
        guard record.count <= Self.recordBytesMax else { return false }
        let tag = SlotWord.tag(handle)
        for slot in bucket(handle) {
            let free = word(slot)
            guard free.state == .free else { continue }
            let mine = free.next(tag: tag, by: process)
            guard advance(slot, from: free, to: mine) else { continue }
            let place = contentPlace(slot)
            words.write(handle.bytes + Self.bytes(UInt64(record.count)), at: place)
            words.write(record, at: place + Self.recordPlace)
            words.store(UInt64(bitPattern: keptUntil.milliseconds), at: endPlace(slot))
            // From here on it is there, and never before.
            words.store(mine.with(.unused).bits, at: wordPlace(slot))
            return true
        }
        return false
    }

    func find(_ handle: TicketHandle) -> Found? {
        let tag = SlotWord.tag(handle)
        for slot in bucket(handle) {
            while true {
                let word = word(slot)
                guard word.holds(tag) else { break }
                let isIt = words.hasBytes(handle.bytes, at: contentPlace(slot))
                let found = isIt ? content(slot, word) : nil
                // What was read belongs together only if nothing has happened meanwhile.
                guard self.word(slot) == word else { continue }
                guard isIt else { break }
                return found
            }
        }
        return nil
    }

    /// What a slot holds that was in that state a moment ago; `nil` if it cannot be read.
    private func content(_ slot: Int, _ word: SlotWord) -> Found? {
        let bytes = words.bytes(at: contentPlace(slot), count: Self.contentWords * 8)
        let start = Self.recordPlace * 8
        let length = Self.number(bytes, at: Self.lengthPlace)
        guard length <= UInt64(Self.recordBytesMax),
            let handle = TicketHandle(bytes: Array(bytes[0..<32]))
        else { return nil }
        let record = Array(bytes[start..<start + Int(length)])
        guard word.state.isUsed else {
            return Found(
                slot: slot, word: word, handle: handle, record: record, usedAt: nil,
                identifier: [])
        }
        let usedAt = Int64(bitPattern: Self.number(bytes, at: Self.usePlace))
        let identifierLength = Self.number(bytes, at: Self.usePlace + 1)
        guard identifierLength <= UInt64(Self.identifierBytesMax) else { return nil }
        let first = (Self.usePlace + 2) * 8
        return Found(
            slot: slot, word: word, handle: handle, record: record,
            usedAt: Instant(milliseconds: usedAt),
            identifier: Array(bytes[first..<first + Int(identifierLength)]))
    }

    /// The handles of all tickets of which those bytes are the beginning.
    func handles(beginningWith prefix: [UInt8]) -> [TicketHandle] {
        (0..<count).compactMap { slot in
            let before = word(slot)
            guard before.state.holdsTicket else { return nil }
            let bytes = words.bytes(at: contentPlace(slot), count: 32)
            guard bytes.starts(with: prefix), word(slot).isSameTicket(as: before) else {
                return nil
            }
            return TicketHandle(bytes: bytes)
        }
    }

    /// Uses an unused ticket up, at most once.
    ///
    /// - Parameter after: Pending if its session is to learn of it, or void.
    /// - Returns: `false` if it was not unused any more.
    func use(_ found: Found, by id: TicketID, at now: Instant, after: SlotState) -> Bool {
        let mine = found.word.with(.using, by: process)
        guard advance(found.slot, from: found.word, to: mine) else { return false }
        let identifier = Array(id.wireValue.utf8.prefix(Self.identifierBytesMax))
        words.write(
            Self.bytes(UInt64(bitPattern: now.milliseconds))
                + Self.bytes(UInt64(identifier.count)) + identifier,
            at: contentPlace(found.slot) + Self.usePlace)
        // First, so that whoever must see the state sees the bit.
        if after == .pending { words.setBits(bit(found.slot), at: bitPlace(found.slot)) }
        words.store(mine.with(after).bits, at: wordPlace(found.slot))
        return true
    }

    /// Takes back that a ticket's session is to learn of its use.
    ///
    /// - Returns: `false` if the session has learnt of it, or is about to.
    func withdraw(_ found: Found) -> Bool {
        let pending = found.word.with(.pending)
        if advance(found.slot, from: pending, to: pending.with(.void)) { return true }
        let now = word(found.slot)
        return !now.isSameTicket(as: pending) || (now.state != .noting && now.state != .noted)
    }

    // MARK: Ending of sessions

    /// Whether somebody is ending sessions; only the holder of the lock on noting changes it.
    ///
    /// A session that is looked at while it is set may be about to end without the uses that are
    /// pending since.
    var isEnding: Bool {
        get { words.load(Self.endingPlace) != 0 }
        set { words.store(newValue ? 1 : 0, at: Self.endingPlace) }
    }

    // MARK: Noting

    /// Counts one more use that must be noted.
    ///
    /// - Returns: Whether there are so many that it is time to.
    func isTimeToNote() -> Bool {
        unnoted.withLock { unnoted in
            unnoted += 1
            guard unnoted >= min(128, count / 4) else { return false }
            unnoted = 0
            return true
        }
    }

    /// The bits of all slots; those that are set before the call begins are in it.
    private var pendingBits: [UInt64] {
        (0..<count / 64).map { words.load(bitPlace($0 * 64)) }
    }

    /// Whether there may be a ticket of whose use its session has yet to learn.
    var hasPending: Bool { pendingBits.contains { $0 != 0 } }

    /// The tickets of whose use their sessions have yet to learn; for the holder of the lock.
    func pending() -> [Found] {
        var found: [Found] = []
        for (group, pending) in pendingBits.enumerated() {
            var bits = pending
            while bits != 0 {
                let slot = group * 64 + bits.trailingZeroBitCount
                bits &= bits - 1
                let word = word(slot)
                switch word.state {
                case .pending, .noting:
                    // Nobody but the holder of the lock and whoever withdraws it changes it now.
                    if let content = content(slot, word) { found.append(content) }
                case .noted, .void, .clearing: clearBit(slot, word)
                case .free, .writing, .unused, .using: break
                }
            }
        }
        return found
    }

    /// Keeps a pending use from being withdrawn; for the holder of the lock.
    ///
    /// - Returns: `false` if it was withdrawn.
    func beginNoting(_ found: Found) -> Bool {
        found.word.state == .noting
            || advance(found.slot, from: found.word, to: found.word.with(.noting))
    }

    /// Says that the session of a ticket knows of its use; for the holder of the lock.
    func endNoting(_ found: Found) {
        clearBit(found.slot, found.word.with(.noting))
    }

    /// Says that the session of a ticket, whose use is pending, has ended; for the holder of the
    /// lock.
    func void(_ found: Found) {
        advance(found.slot, from: found.word, to: found.word.with(.void))
        clearBit(found.slot, found.word.with(.void))
    }

    /// The bit goes while the slot is in a state in which nobody can set it or fill the slot.
    private func clearBit(_ slot: Int, _ word: SlotWord) {
        let isVoid = word.state == .void || word.state == .clearing
        let closed = word.with(isVoid ? .clearing : .noting)
        guard word == closed || advance(slot, from: word, to: closed) else { return }
        words.clearBits(bit(slot), at: bitPlace(slot))
        advance(slot, from: closed, to: word.with(isVoid ? .void : .noted))
    }

    // MARK: Sweeping

    /// How many tickets there are, live, used and expired ones.
    var ticketCount: Int { ticketCount(0..<count) }

    private func ticketCount(_ slots: Range<Int>) -> Int {
        words.copy(at: wordPlace(slots.lowerBound), count: slots.count)
            .count { SlotWord(bits: $0).state.holdsTicket }
    }

    /// From which slot on the next ones are emptied, round and round.
    private var cursor: Int { Int(words.load(Self.cursorPlace) % UInt64(count)) }

    /// Whether more than half of the slots are taken, to judge by those that are emptied next.
    var isCrowded: Bool {
        let sample = min(count, 1024)
        let first = min(cursor, count - sample)
        return ticketCount(first..<first + sample) > sample / 2
    }

    /// Used tickets that need not be in a slot any more, at most so many; for the holder of the
    /// lock.
    func takeUsed(limit: Int) -> [Found] {
        var found: [Found] = []
        var slot = cursor
        for _ in 0..<count {
            guard found.count < limit else { break }
            let word = word(slot)
            if word.state == .noted || word.state == .void, let content = content(slot, word),
                self.word(slot) == word
            {
                found.append(content)
            }
            slot = (slot + 1) % count
        }
        words.store(UInt64(slot), at: Self.cursorPlace)
        return found
    }

    /// Frees the slots of tickets that are of no use any more, and those that a process left half
    /// written when it died; for the holder of the lock.
    ///
    /// - Returns: How many tickets were removed.
    func sweep(at now: Instant, limit: Int) -> Int {
        var removed = 0
        for slot in 0..<count where removed < limit {
            let word = word(slot)
            guard word.state != .free else { continue }
            let isOver = Int64(bitPattern: words.load(endPlace(slot))) <= now.milliseconds
            let mayGo =
                switch word.state {
                case .free, .pending: false
                case .writing: !CurrentProcess.isRunning(word.process)
                case .unused, .noted, .void: isOver
                case .using: isOver && !CurrentProcess.isRunning(word.process)
                case .noting, .clearing: isOver && words.load(bitPlace(slot)) & bit(slot) == 0
                }
            guard mayGo, advance(slot, from: word, to: word.with(.free)) else { continue }
            if word.state.holdsTicket { removed += 1 }
        }
        return removed
    }

    // MARK: Numbers

    private static func bytes(_ number: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(64)
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> shift))
        }
        return bytes
    }

    private static func number(_ bytes: [UInt8], at place: Int) -> UInt64 {
        var number: UInt64 = 0
        for index in 0..<8 { number |= UInt64(bytes[place * 8 + index]) << UInt64(8 * index) }
        return number
    }
}
