/// A point in time: milliseconds since 1970-01-01T00:00:00Z, leap seconds ignored.
///
/// The wall clock is used everywhere because tickets outlive the boot that granted them.
package struct Instant: Hashable, Comparable, Sendable {
    /// Milliseconds since the epoch; negative before 1970.
    package var milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// The whole seconds since the epoch, rounded down.
    package var seconds: Int64 {
        milliseconds / 1000 - (milliseconds % 1000 < 0 ? 1 : 0)
    }

    package static func < (left: Instant, right: Instant) -> Bool {
        left.milliseconds < right.milliseconds
    }

    /// The instant that lies the given time later; it stops at the ends of the range instead of
    /// trapping.
    package static func + (left: Instant, right: Duration) -> Instant {
        let (sum, overflow) = left.milliseconds.addingReportingOverflow(right.milliseconds)
        return Instant(milliseconds: overflow ? (right < .zero ? .min : .max) : sum)
    }

    /// The instant that lies the given time earlier.
    package static func - (left: Instant, right: Duration) -> Instant {
        let (difference, overflow) =
            left.milliseconds.subtractingReportingOverflow(right.milliseconds)
        return Instant(milliseconds: overflow ? (right < .zero ? .max : .min) : difference)
    }

    /// The time from the right instant to the left one.
    package static func - (left: Instant, right: Instant) -> Duration {
        .milliseconds(
            left.milliseconds.subtractingReportingOverflow(right.milliseconds).partialValue)
    }
}

extension Duration {
    /// The whole milliseconds of the duration; it stops at the ends of the range.
    package var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        return overflow
            ? (seconds < 0 ? .min : .max) : product &+ attoseconds / 1_000_000_000_000_000
    }
}

extension Instant {
    /// The instant as `2026-05-01T07:55:39.123Z` (RFC 3339, always with milliseconds and `Z`).
    package var rfc3339: String {
        let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let secondOfDay = seconds - days * 86_400
        let date = CivilDate(daysSinceEpoch: days)
        var text: [UInt8] = []
        text.reserveCapacity(24)
        append(date.year, digits: 4, before: "-", to: &text)
        append(date.month, digits: 2, before: "-", to: &text)
        append(date.day, digits: 2, before: "T", to: &text)
        append(secondOfDay / 3600, digits: 2, before: ":", to: &text)
        append(secondOfDay / 60 % 60, digits: 2, before: ":", to: &text)
        append(secondOfDay % 60, digits: 2, before: ".", to: &text)
        append((milliseconds % 1000 + 1000) % 1000, digits: 3, before: "Z", to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    private func append(
        _ value: Int64, digits: Int, before separator: Unicode.Scalar, to text: inout [UInt8]
    ) {
        if value < 0 || value > 9999 {
            text += String(value).utf8
        } else {
            var divisor: Int64 = digits == 4 ? 1000 : digits == 3 ? 100 : 10
            while divisor > 0 {
                text.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
                divisor /= 10
            }
        }
        text.append(UInt8(ascii: separator))
    }
}

/// A day of the Gregorian calendar.
package struct CivilDate: Hashable, Sendable {
    package let year: Int64
    package let month: Int64
    package let day: Int64

    package init(year: Int64, month: Int64, day: Int64) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// The day that lies the given number of days after 1970-01-01.
    package init(daysSinceEpoch days: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// The days from 1970-01-01 to this day.
    package var daysSinceEpoch: Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
            - 719_468
    }
}
