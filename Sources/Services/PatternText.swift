/// What can be told about a regular expression from its text.
enum PatternText {
    /// The pattern with the letters of its scheme and host in lower case.
    ///
    /// They end at the first slash behind `://`. Left as it is if anything stands there whose
    /// letters may mean something else than themselves, such as a named group.
    static func withLowerCaseHost(_ text: String) -> String {
        let bytes = Array(text.utf8)
        guard let end = hostRange(bytes)?.upperBound else { return text }
        var folded = bytes
        for index in 0..<end {
            let byte = bytes[index]
            guard (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) else {
                if byte == UInt8(ascii: "("), index + 1 < end,
                    bytes[index + 1] == UInt8(ascii: "*") || bytes[index + 1] == UInt8(ascii: "?"),
                    !bytes[(index + 1)...].starts(with: "?:".utf8)
                {
                    return text
                }
                continue
            }
            if index > 0, bytes[index - 1] == UInt8(ascii: "\\") {
                guard "DWS".utf8.contains(byte) else { return text }
                continue
            }
            folded[index] = byte | 0x20
        }
        return bytes[..<end].contains { $0 >= 0x80 } || hasLetterEscape(bytes[..<end])
            ? text : String(decoding: folded, as: UTF8.self)
    }

    /// Escapes other than of a kind of character: `\p{Lu}`, `\x4F`, `\k<Name>`.
    private static func hasLetterEscape(_ bytes: ArraySlice<UInt8>) -> Bool {
        zip(bytes, bytes.dropFirst()).contains { first, second in
            first == UInt8(ascii: "\\")
                && (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(second)
                && !"dws".utf8.contains(second)
        }
    }

    /// Where the host stands in a pattern: from behind `://` to the next slash or the end.
    private static func hostRange(_ bytes: [UInt8]) -> Range<Int>? {
        let plain = bytes.firstRange(of: Array("://".utf8))?.upperBound
        let escaped = bytes.firstRange(of: Array(#":\/\/"#.utf8))?.upperBound
        guard let start = [plain, escaped].compactMap({ $0 }).min() else { return nil }
        var end = start
        var isInClass = false
        while end < bytes.count, isInClass || bytes[end] != UInt8(ascii: "/") {
            if bytes[end] == UInt8(ascii: "[") { isInClass = true }
            if bytes[end] == UInt8(ascii: "]") { isInClass = false }
            end += 1
        }
        return start..<end
    }

    /// What admits more than it seems to.
    static func faults(_ text: String) -> [PatternFaults.Fault] {
        let bytes = Array(text.utf8)
        guard let range = hostRange(bytes) else { return [] }
        let host = bytes[range]
        var faults: [PatternFaults.Fault] = []
        let dot = UInt8(ascii: ".")
        for index in host.indices where bytes[index] == dot {
            let previous = index > host.startIndex ? bytes[index - 1] : 0
            let following = index + 1 < host.endIndex ? bytes[index + 1] : 0
            if previous == UInt8(ascii: "\\") { continue }
            if following == UInt8(ascii: "*") || following == UInt8(ascii: "+") {
                faults.append(
                    PatternFaults.Fault(
                        rule: "foreign-host",
                        text: "matches any host: a wildcard stands before the path"))
            } else if isAlphanumeric(previous), isAlphanumeric(following) {
                faults.append(
                    PatternFaults.Fault(
                        rule: "unescaped-dot",
                        text: "a dot in the host matches any character; write \\\\."))
            }
        }
        return faults.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
