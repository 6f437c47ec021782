internal import Platform
internal import YAML

/// Gathers problems while a configuration is read, so that all of them are listed at once.
final class ProblemList {
    let file: String
    private(set) var problems: [ConfigurationProblem] = []

    init(file: String) {
        self.file = file
    }

    func add(_ text: String, key: String, line: Int) {
        problems.append(ConfigurationProblem(file: file, line: line, key: key, text: text))
    }
}

/// One mapping of the configuration file, read key by key.
///
/// Every key that is asked for is known; ``finish()`` reports the others, with a suggestion.
final class ConfigurationSection {
    /// The dotted name of the section, empty for the whole file.
    let name: String
    let line: Int
    let problems: ProblemList
    private let members: [YAMLMember]
    private var known: Set<String> = []

    init(name: String, node: YAMLNode?, line: Int, problems: ProblemList) {
        self.name = name
        self.problems = problems
        self.line = node?.line ?? line
        switch node {
        case .mapping(let members, _): self.members = members
        case nil: members = []
        case .scalar("", isPlain: true, _), .scalar("null", isPlain: true, _),
            .scalar("~", isPlain: true, _):
            members = []
        case .some(let other):
            members = []
            problems.add("must be a section with keys below it", key: name, line: other.line)
        }
    }

    /// The full name of a key of this section.
    func path(_ key: String) -> String { name.isEmpty ? key : "\(name).\(key)" }

    func report(_ key: String, _ text: String) {
        problems.add(text, key: path(key), line: lineOf(key))
    }

    func lineOf(_ key: String) -> Int {
        members.first { $0.key == key }?.line ?? line
    }

    func has(_ key: String) -> Bool { members.contains { $0.key == key } }

    /// The value under a key; an absent one and `null` are `nil`.
    func node(_ key: String) -> YAMLNode? {
        known.insert(key)
        guard let member = members.first(where: { $0.key == key }) else { return nil }
        switch member.value {
        case .scalar("", isPlain: true, _), .scalar("null", isPlain: true, _),
            .scalar("~", isPlain: true, _):
            return nil
        default: return member.value
        }
    }

    func section(_ key: String) -> ConfigurationSection {
        ConfigurationSection(
            name: path(key), node: node(key), line: lineOf(key), problems: problems)
    }

    func string(_ key: String) -> String? {
        switch node(key) {
        case nil: return nil
        case .scalar(let text, _, _): return text
        default:
            report(key, "must be a single value")
            return nil
        }
    }

    func strings(_ key: String) -> [String] {
        switch node(key) {
        case nil: return []
        case .sequence(let elements, _):
            return elements.compactMap { element in
                if case .scalar(let text, _, _) = element { return text }
                problems.add("must be a list of single values", key: path(key), line: element.line)
                return nil
            }
        default:
            report(key, "must be a list, for example [first, second]")
            return []
        }
    }

    /// The sections of a list.
    func sections(_ key: String) -> [ConfigurationSection] {
        switch node(key) {
        case nil: return []
        case .sequence(let elements, _):
            return elements.enumerated().map { index, element in
                ConfigurationSection(
                    name: "\(path(key))[\(index)]", node: element, line: element.line,
                    problems: problems)
            }
        default:
            report(key, "must be a list of sections, each begun with '-'")
            return []
        }
    }

    /// The single values of a section with keys of the operator's choice.
    func pairs(_ key: String) -> [(String, String)] {
        guard let node = node(key) else { return [] }
        guard case .mapping(let members, _) = node else {
            report(key, "must be a section with keys below it")
            return []
        }
        return members.compactMap { member in
            if case .scalar(let text, _, _) = member.value { return (member.key, text) }
            problems.add(
                "must be a single value", key: path(key) + "." + member.key, line: member.line)
            return nil
        }
    }

    func bool(_ key: String, default standard: Bool) -> Bool {
        guard let text = string(key) else { return standard }
        switch text {
        case "true", "yes", "on": return true
        case "false", "no", "off": return false
        default:
            report(key, "must be true or false, not '\(text)'")
            return standard
        }
    }

    func integer(_ key: String, default standard: Int, in range: ClosedRange<Int>) -> Int {
        guard let text = string(key) else { return standard }
        guard let value = Int(text), range.contains(value) else {
            report(
                key,
                "must be a whole number from \(range.lowerBound) to \(range.upperBound), "
                    + "not '\(text)'"
            )
            return standard
        }
        return value
    }

    /// A length of time such as `10s`, `30m`, `8h` or `14d`; `0` needs no unit.
    func duration(
        _ key: String, default standard: Duration, in range: ClosedRange<Duration>
    )
        -> Duration
    {
        guard let text = string(key) else { return standard }
        let units: [(String, Int64)] = [
            ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
        ]
        let milliseconds =
            text == "0"
            ? 0 : quantity(text, units: units)
        guard let milliseconds, range.contains(.milliseconds(milliseconds)) else {
            report(
                key,
                "must be a time from \(described(range.lowerBound)) to "
                    + "\(described(range.upperBound)), written like 10s, 30m, 8h or 14d, "
                    + "not '\(text)'"
            )
            return standard
        }
        return .milliseconds(milliseconds)
    }

    /// A number of bytes such as `64KiB`, `5MiB` or `1GiB`.
    func size(_ key: String, default standard: Int, in range: ClosedRange<Int>) -> Int {
        guard let text = string(key) else { return standard }
        let units: [(String, Int64)] = [
            ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1),
        ]
        guard let bytes = quantity(text, units: units), range.contains(Int(bytes)) else {
            report(
                key,
                "must be a size from \(describedSize(range.lowerBound)) to "
                    + "\(describedSize(range.upperBound)), written like 64KiB or 1GiB, "
                    + "not '\(text)'"
            )
            return standard
        }
        return Int(bytes)
    }

    /// One of a closed set of words.
    func choice<Value>(
        _ key: String, default standard: Value, from choices: KeyValuePairs<String, Value>
    )
        -> Value
    {
        guard let text = string(key) else { return standard }
        guard let value = choices.first(where: { $0.key == text })?.value else {
            let words = choices.map(\.key).joined(separator: ", ")
            report(key, "must be one of \(words), not '\(text)'")
            return standard
        }
        return value
    }

    /// Reports the keys that nobody asked for.
    func finish() {
        for member in members where !known.contains(member.key) {
            let nearest = known.min {
                (editDistance($0, member.key), $0) < (editDistance($1, member.key), $1)
            }
            let suggestion =
                nearest.flatMap { candidate in
                    editDistance(candidate, member.key) <= max(2, member.key.count / 3)
                        ? "; did you mean '\(candidate)'?" : nil
                } ?? ""
            problems.add("unknown key\(suggestion)", key: path(member.key), line: member.line)
        }
    }

    private func quantity(_ text: String, units: [(String, Int64)]) -> Int64? {
        for (unit, factor) in units where text.hasSuffix(unit) {
            let digits = text.dropLast(unit.count)
            guard !digits.isEmpty, digits.allSatisfy({ ("0"..."9").contains($0) }),
                let number = Int64(digits)
            else { continue }
            let (product, overflow) = number.multipliedReportingOverflow(by: factor)
            return overflow ? nil : product
        }
        return nil
    }
}

/// The duration as the configuration writes it, in the largest unit that is exact.
func described(_ duration: Duration) -> String {
    let milliseconds = duration.milliseconds
    if milliseconds == 0 { return "0" }
    for (unit, factor) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)]
    where milliseconds % Int64(factor) == 0 {
        return "\(milliseconds / Int64(factor))\(unit)"
    }
    return "\(milliseconds)ms"
}

/// The size as the configuration writes it, in the largest unit that is exact.
func describedSize(_ bytes: Int) -> String {
    for (unit, factor) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]
    where bytes >= factor && bytes % factor == 0 {
        return "\(bytes / factor)\(unit)"
    }
    return "\(bytes)B"
}

/// How many single changes turn one word into the other (Levenshtein).
func editDistance(_ left: String, _ right: String) -> Int {
    let target = Array(right.utf8)
    var row = Array(0...target.count)
    for (index, byte) in left.utf8.enumerated() {
        var diagonal = row[0]
        row[0] = index + 1
        for column in target.indices {
            let substitution = diagonal + (byte == target[column] ? 0 : 1)
            diagonal = row[column + 1]
            row[column + 1] = min(substitution, row[column] + 1, diagonal + 1)
        }
    }
    return row[target.count]
}
