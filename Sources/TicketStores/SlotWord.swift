internal import Tickets

/// What has become of a slot of a ``SlotTable``.
///
/// A ticket goes from `free` over `writing`, `unused` and `using` to `pending`, `noting` and
/// `noted`; or to `void`, from `using` or `pending`, if its session has ended. Then it is `free`.
enum SlotState: UInt64 {
    case free = 0
    /// A process is filling it; nobody else looks at it.
    case writing = 1
    /// It holds a ticket that nobody has used.
    case unused = 2
    /// A process has used the ticket up and is writing down when.
    case using = 3
    /// Used, and its session has yet to learn which service was entered.
    case pending = 4
    /// As pending, but the session is about to learn it; it may know already.
    case noting = 5
    /// Used, and its session knows.
    case noted = 6
    /// Used, and there was no session any more.
    case void = 7
    /// As void, while the holder of the lock on noting clears the bit of the slot.
    case clearing = 8

    /// Whether there is a ticket in the slot, live or not.
    var holdsTicket: Bool { self != .free && self != .writing }

    /// Whether all of the ticket's use is written down.
    var isUsed: Bool { rawValue >= SlotState.pending.rawValue }
}

/// The word of a slot by which it goes from one state to the next, in one step for all processes.
struct SlotWord: Hashable {
    let bits: UInt64

    // From the lowest bit: 4 bits of state, 22 of the process that is at work, 14 of the handle,
    // and 24 that count how often the slot was filled. A slot is filled again after two minutes
    // or more, so the count comes round after decades.
    private static let processShift: UInt64 = 4
    private static let tagShift: UInt64 = 26
    private static let generationShift: UInt64 = 40

    init(bits: UInt64) {
        self.bits = bits
    }

    /// Damaged words count as filled by nobody.
    var state: SlotState { SlotState(rawValue: bits & 0xF) ?? .writing }

    /// Who is at work in the states writing and using.
    var process: Int32 { Int32(truncatingIfNeeded: bits >> Self.processShift & 0x3F_FFFF) }

    func holds(_ tag: UInt64) -> Bool {
        bits >> Self.tagShift & 0x3FFF == tag && state.holdsTicket
    }

    /// The part of a handle that the word has.
    static func tag(_ handle: TicketHandle) -> UInt64 {
        UInt64(handle.bytes[4]) << 6 | UInt64(handle.bytes[5] & 0x3F)
    }

    func isSameTicket(as other: SlotWord) -> Bool {
        (bits ^ other.bits) >> Self.tagShift == 0
    }

    /// The same ticket in another state.
    func with(_ state: SlotState, by process: Int32 = 0) -> SlotWord {
        let rest = (bits >> Self.tagShift) << Self.tagShift
        let number = UInt64(truncatingIfNeeded: process) & 0x3F_FFFF
        return SlotWord(bits: rest | number << Self.processShift | state.rawValue)
    }

    /// The next ticket in the same slot, being written.
    func next(tag: UInt64, by process: Int32) -> SlotWord {
        let generation = ((bits >> Self.generationShift) &+ 1) << Self.generationShift
        return SlotWord(bits: generation | tag << Self.tagShift).with(.writing, by: process)
    }
}
