internal import Platform

/// Moments and durations as Apereo writes them.
enum ApereoTime {
    /// Reads `2026-10-01`, `2026-10-01T08:00`, `2026-10-01T08:00:00.5Z`, `…+02:00` and
    /// `…+02:00[Europe/Oslo]`; `nil` for everything else.
    ///
    /// What has no zone is UTC, and a day without a time is its first moment. A zone that is only
    /// named is not read, because there is no list of zones.
    static func instant(_ text: String) -> Instant? {
        var reader = Reader(text)
        guard let year = reader.digits(4), reader.skip("-"), let month = reader.digits(2),
            reader.skip("-"), let day = reader.digits(2), isDay(year, month, day)
        else { return nil }
        let days = CivilDate(year: year, month: month, day: day).daysSinceEpoch
        var milliseconds = days * 86_400_000
        if reader.isAtEnd { return Instant(milliseconds: milliseconds) }
        guard reader.skip("T") || reader.skip(" "), let hour = reader.digits(2), hour < 24,
            reader.skip(":"), let minute = reader.digits(2), minute < 60
        else { return nil }
        milliseconds += (hour * 60 + minute) * 60_000
        if reader.skip(":") {
            guard let second = reader.digits(2), second < 60 else { return nil }
            milliseconds += second * 1000
            if reader.skip(".") {
                guard let fraction = reader.fraction() else { return nil }
                milliseconds += fraction
            }
        }
        guard let offset = reader.offset(), reader.isAtEnd else { return nil }
        return Instant(milliseconds: milliseconds - offset * 60_000)
    }

    private static func isDay(_ year: Int64, _ month: Int64, _ day: Int64) -> Bool {
        guard year >= 1, (1...12).contains(month), (1...31).contains(day) else { return false }
        let date = CivilDate(year: year, month: month, day: day)
        // A day that the month does not have comes back as one of the next month.
        return CivilDate(daysSinceEpoch: date.daysSinceEpoch) == date
    }

    /// Reads a number of seconds, `10`, or a duration in ISO's way, `PT10S`, `P14D`, `PT1H30M`.
    static func duration(_ text: String) -> Duration? {
        if let seconds = Int64(text), (0...maxSeconds).contains(seconds) {
            return .seconds(seconds)
        }
        var reader = Reader(text.uppercased())
        guard reader.skip("P") else { return nil }
        var seconds: Int64 = 0
        var units: [(Character, Int64)] = [("D", 86_400)]
        var isTime = false
        var parts = 0
        while !reader.isAtEnd {
            if !isTime, reader.skip("T") {
                isTime = true
                units = [("H", 3600), ("M", 60), ("S", 1)]
                continue
            }
            guard let number = reader.number(), let letter = reader.next,
                let place = units.firstIndex(where: { $0.0 == letter })
            else { return nil }
            _ = reader.skip(letter)
            seconds += number * units[place].1
            units.removeFirst(place + 1)
            parts += 1
            guard seconds <= maxSeconds else { return nil }
        }
        return parts > 0 ? .seconds(seconds) : nil
    }

    /// A hundred years.
    private static let maxSeconds: Int64 = 3_155_760_000

    private struct Reader {
        private var rest: Substring

        init(_ text: String) { rest = text[...] }

        var isAtEnd: Bool { rest.isEmpty }
        var next: Character? { rest.first }

        mutating func skip(_ character: Character) -> Bool {
            guard rest.first == character else { return false }
            rest.removeFirst()
            return true
        }

        mutating func digits(_ count: Int) -> Int64? {
            let text = rest.prefix(count)
            guard text.count == count, text.utf8.allSatisfy(Self.isDigit) else { return nil }
            rest = rest.dropFirst(count)
            return Int64(text)
        }

        /// A number of at most ten digits.
        mutating func number() -> Int64? {
            let text = rest.prefix { $0.utf8.count == 1 && $0.utf8.allSatisfy(Self.isDigit) }
            guard !text.isEmpty, text.count <= 10 else { return nil }
            rest = rest.dropFirst(text.count)
            return Int64(text)
        }

        /// The milliseconds of a fraction of a second.
        mutating func fraction() -> Int64? {
            let text = rest.prefix { $0.utf8.count == 1 && $0.utf8.allSatisfy(Self.isDigit) }
            guard !text.isEmpty, text.count <= 9 else { return nil }
            rest = rest.dropFirst(text.count)
            return Int64((text + "000").prefix(3))
        }

        /// The minutes that the zone is ahead of UTC.
        mutating func offset() -> Int64? {
            if isAtEnd { return 0 }
            var minutes: Int64 = 0
            if !skip("Z") {
                let isNegative = rest.first == "-"
                guard skip("+") || skip("-"), let hours = digits(2), hours <= 18 else { return nil }
                minutes = hours * 60
                if skip(":") || !isAtEnd && next != "[" {
                    guard let more = digits(2), more < 60 else { return nil }
                    minutes += more
                }
                if isNegative { minutes = -minutes }
            }
            // The name of the zone repeats what the offset says.
            if skip("[") {
                guard let end = rest.firstIndex(of: "]") else { return nil }
                rest = rest[rest.index(after: end)...]
            }
            return minutes
        }

        private static func isDigit(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
    }
}
