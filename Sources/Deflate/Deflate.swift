internal import CZlib

/// Why bytes cannot be inflated.
package enum DeflateError: Error, Hashable, Sendable {
    /// They are not DEFLATE, end too early, or more follows.
    case malformed
    /// They become more than the limit.
    case tooLarge
}

/// The bytes, compressed with DEFLATE (RFC 1951) without any frame; at most 64 MiB.
package func deflate(_ bytes: [UInt8]) -> [UInt8] {
    precondition(bytes.count <= 64 << 20, "too much to be compressed at once")
    let stream = ZStream()
    // A window larger than the text only costs memory, which is cleared each time.
    var windowBits: Int32 = 9
    while windowBits < 15, bytes.count > 1 << windowBits { windowBits += 1 }
    guard
        unsafe deflateInit2_(
            stream.pointer, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -windowBits, 8, Z_DEFAULT_STRATEGY,
            ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { preconditionFailure("zlib has no memory") }
    defer { unsafe deflateEnd(stream.pointer) }
    let bound = unsafe Int(deflateBound(stream.pointer, UInt(bytes.count)))
    var output = [UInt8](repeating: 0, count: bound)
    let status = unsafe stream.run(bytes, from: 0, &output, from: 0) { stream in
        unsafe CZlib.deflate(stream, Z_FINISH)
    }
    // The bound is zlib's own promise.
    precondition(status == Z_STREAM_END, "zlib does not finish")
    output.removeLast(unsafe Int(stream.pointer.pointee.avail_out))
    return output
}

/// What was compressed with DEFLATE (RFC 1951) without any frame.
///
/// - Parameter bytesMax: The most that it may become; inflating stops there.
/// - Throws: If the bytes are damaged or not complete, something follows their end, or they become
///   more than the limit.
package func inflate(_ bytes: [UInt8], bytesMax: Int) throws(DeflateError) -> [UInt8] {
    guard bytesMax >= 0, bytesMax < 1 << 30, bytes.count < 1 << 30 else { throw .tooLarge }
    let stream = ZStream()
    guard
        unsafe inflateInit2_(
            stream.pointer, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { preconditionFailure("zlib has no memory") }
    defer { unsafe inflateEnd(stream.pointer) }
    // One byte more than allowed, to see that there is one.
    var output = [UInt8](repeating: 0, count: min(bytesMax + 1, max(1024, bytes.count * 4)))
    var consumed = 0
    var produced = 0
    while true {
        let status = unsafe stream.run(bytes, from: consumed, &output, from: produced) { stream in
            unsafe CZlib.inflate(stream, Z_NO_FLUSH)
        }
        consumed = unsafe bytes.count - Int(stream.pointer.pointee.avail_in)
        produced = unsafe output.count - Int(stream.pointer.pointee.avail_out)
        guard produced <= bytesMax else { throw .tooLarge }
        switch status {
        case Z_STREAM_END:
            guard consumed == bytes.count else { throw .malformed }
            output.removeLast(output.count - produced)
            return output
        case Z_OK where produced == output.count, Z_BUF_ERROR where produced == output.count:
            let more = min(bytesMax + 1 - produced, output.count)
            output += [UInt8](repeating: 0, count: more)
        default:
            // Damaged, or the text ends before its last block.
            throw .malformed
        }
    }
}

/// The state of one run; zlib insists that it never moves.
@safe
private struct ZStream: ~Copyable {
    let pointer = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)

    init() { unsafe pointer.initialize(to: z_stream()) }

    deinit { unsafe pointer.deallocate() }

    /// Lends both arrays for the time of one call, each from a place on.
    @unsafe
    func run(
        _ input: [UInt8], from start: Int, _ output: inout [UInt8], from place: Int,
        _ body: (UnsafeMutablePointer<z_stream>) -> Int32
    ) -> Int32 {
        let room = output.count - place
        return unsafe input.withUnsafeBufferPointer { input in
            unsafe output.withUnsafeMutableBufferPointer { output in
                // zlib refuses null even where there is nothing to read.
                var nothing: UInt8 = 0
                return unsafe withUnsafeMutablePointer(to: &nothing) { nothing in
                    let source = unsafe input.baseAddress.map { unsafe $0 + start }
                    unsafe pointer.pointee.next_in =
                        UnsafeMutablePointer(mutating: source) ?? nothing
                    unsafe pointer.pointee.avail_in = UInt32(input.count - start)
                    unsafe pointer.pointee.next_out = output.baseAddress.map { unsafe $0 + place }
                    unsafe pointer.pointee.avail_out = UInt32(room)
                    return unsafe body(pointer)
                }
            }
        }
    }
}
