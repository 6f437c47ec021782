internal import CPCRE2

/// Compiled code of PCRE2, owned.
@safe
final class CompiledCode: @unchecked Sendable {
    // Unchecked because a pointer is not Sendable; the code behind it is never changed after
    // `init`, and pcre2api(3), "Multithreading", allows all threads to share it.
    let code: OpaquePointer

    init(_ text: String, caseInsensitive: Bool, options: UInt32) throws(PatternError) {
        let flags =
            PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | options
            | (caseInsensitive ? PCRE2_CASELESS : 0)
        var failure: Int32 = 0
        var offset = 0
        let bytes = Array(text.utf8)
        guard
            let code = unsafe pcre2_compile_8(bytes, bytes.count, flags, &failure, &offset, nil)
        else {
            throw PatternError(offset: offset, reason: messageText(failure))
        }
        // Fails where the system forbids writable code pages; the interpreter then does the work.
        _ = unsafe pcre2_jit_compile_8(code, PCRE2_JIT_COMPLETE)
        unsafe self.code = code
    }

    deinit {
        unsafe pcre2_code_free_8(code)
    }

    func match(_ text: String) -> Match {
        guard let scratch = MatchScratch.ofThisThread else { return .gaveUp }
        var text = text
        // A Swift string is valid UTF-8, so PCRE2 need not check it again.
        let result = text.withUTF8 { bytes -> Int32 in
            var nothing: UInt8 = 0
            return unsafe withUnsafePointer(to: &nothing) { empty in
                unsafe pcre2_match_8(
                    code, bytes.baseAddress ?? empty, bytes.count, 0, PCRE2_NO_UTF_CHECK,
                    scratch.result, scratch.context)
            }
        }
        if result >= 0 { return .matched }
        return result == PCRE2_ERROR_NOMATCH ? .unmatched : .gaveUp
    }
}

private func messageText(_ code: Int32) -> String {
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = unsafe pcre2_get_error_message_8(code, &buffer, buffer.count)
    guard count >= 0 else { return "error \(code)" }
    return String(decoding: buffer.prefix(Int(count)), as: UTF8.self)
}
