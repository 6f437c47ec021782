internal import CPCRE2
internal import Glibc

/// What one thread needs to match: room for the result, a stack for the JIT, and the limits.
///
/// Kept for as long as the thread lives, because making it costs more than most matches.
@safe
final class MatchScratch {
    /// Backtracking steps; a hostile text then ends within milliseconds.
    private static let stepsMax: UInt32 = 50_000
    /// Nested backtracking points of the interpreter.
    private static let depthMax: UInt32 = 10_000
    /// What the interpreter may take from the heap, in kibibytes.
    private static let heapKibibytesMax: UInt32 = 4 << 10
    /// The JIT's stack, in bytes: at first, and at most.
    private static let stackBytes = (first: 32 << 10, last: 512 << 10)

    let result: OpaquePointer
    let context: OpaquePointer
    private let stack: OpaquePointer?

    private init?() {
        guard let result = unsafe pcre2_match_data_create_8(1, nil) else { return nil }
        guard let context = unsafe pcre2_match_context_create_8(nil) else {
            unsafe pcre2_match_data_free_8(result)
            return nil
        }
        unsafe self.result = result
        unsafe self.context = context
        unsafe stack = pcre2_jit_stack_create_8(Self.stackBytes.first, Self.stackBytes.last, nil)
        if let stack = unsafe stack {
            unsafe pcre2_jit_stack_assign_8(
                context, nil, UnsafeMutableRawPointer(stack))
        }
        unsafe pcre2_set_match_limit_8(context, Self.stepsMax)
        unsafe pcre2_set_depth_limit_8(context, Self.depthMax)
        unsafe pcre2_set_heap_limit_8(context, Self.heapKibibytesMax)
    }

    deinit {
        unsafe pcre2_match_data_free_8(result)
        unsafe pcre2_match_context_free_8(context)
        if let stack = unsafe stack { unsafe pcre2_jit_stack_free_8(stack) }
    }

    /// The calling thread's own, or `nil` if there is no memory for one.
    static var ofThisThread: MatchScratch? {
        guard let key else { return nil }
        if let kept = unsafe pthread_getspecific(key) {
            return unsafe Unmanaged<MatchScratch>.fromOpaque(kept).takeUnretainedValue()
        }
        guard let made = MatchScratch() else { return nil }
        let owned = unsafe Unmanaged.passRetained(made)
        guard unsafe pthread_setspecific(key, owned.toOpaque()) == 0 else {
            unsafe owned.release()
            return nil
        }
        return made
    }

    private static let key: pthread_key_t? = {
        var key = pthread_key_t()
        guard unsafe pthread_key_create(&key, releaseScratch) == 0 else { return nil }
        return key
    }()
}

/// Frees a thread's scratch when the thread ends.
private nonisolated func releaseScratch(_ scratch: UnsafeMutableRawPointer?) {
    guard let scratch = unsafe scratch else { return }
    unsafe Unmanaged<MatchScratch>.fromOpaque(scratch).release()
}
