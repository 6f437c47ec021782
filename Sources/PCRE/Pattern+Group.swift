internal import CPCRE2

/// What a search took out of a text.
package enum GroupMatch: Hashable, Sendable {
    /// The first group, or the whole match of a pattern without groups; empty if the group took
    /// no part in the match.
    case found(String)
    case unmatched
    /// The limits on work ended the search.
    case gaveUp
}

extension Pattern {
    /// Looks for the pattern anywhere in the text, and takes its first group.
    package func findGroup(in text: String) -> GroupMatch {
        searching?.group(in: text) ?? .gaveUp
    }
}

extension CompiledCode {
    func group(in text: String) -> GroupMatch {
        // The thread's own room holds no groups; this is asked for once a login at most.
        guard let scratch = MatchScratch.ofThisThread,
            let room = unsafe pcre2_match_data_create_from_pattern_8(code, nil)
        else { return .gaveUp }
        defer { unsafe pcre2_match_data_free_8(room) }
        let bytes = Array(text.utf8)
        let result = unsafe (bytes + [0]).withUnsafeBufferPointer { buffer in
            unsafe pcre2_match_8(
                code, buffer.baseAddress, bytes.count, 0, PCRE2_NO_UTF_CHECK, room,
                scratch.context)
        }
        guard result > 0 else { return result == PCRE2_ERROR_NOMATCH ? .unmatched : .gaveUp }
        let group = unsafe pcre2_get_ovector_count_8(room) > 1 ? 1 : 0
        // A group that is numbered above the result took no part in the match.
        guard group < Int(result), let places = unsafe pcre2_get_ovector_pointer_8(room) else {
            return .found("")
        }
        let start = unsafe places[2 * group]
        let end = unsafe places[2 * group + 1]
        guard start <= end, end <= bytes.count else { return .found("") }
        return .found(String(decoding: bytes[start..<end], as: UTF8.self))
    }
}
