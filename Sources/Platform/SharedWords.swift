internal import CPlatform
internal import Glibc

/// A file of 64-bit words that several processes map and change, each word in one step.
///
/// All steps on one word, and on several, happen in one order that all threads of all processes
/// agree on. What was written stays when a process dies, even in the middle of something. Places
/// outside of the file are mistakes of the program.
@safe
package final class SharedWords: @unchecked Sendable {
    // Unchecked because the memory is only touched by atomic steps.
    private let words: UnsafeMutablePointer<UInt64>
    package let count: Int

    /// Makes a file of the given words and zeros behind them, and gives it its name in one step.
    ///
    /// Its room is taken at once, because a page that is missing later would be a signal.
    ///
    /// - Throws: If it cannot be made, or has no room.
    package static func make(
        _ path: String, count: Int, head: [UInt64]
    ) throws(FileError) {
        let temporary = path + ".new"
        File.remove(temporary)
        let descriptor = unsafe open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError(path: temporary) }
        defer { close(descriptor) }
        let bytes = head.count * MemoryLayout<UInt64>.size
        let code = posix_fallocate(descriptor, 0, off_t(count * MemoryLayout<UInt64>.size))
        guard code == 0, head.count <= count else {
            File.remove(temporary)
            throw FileError(path: path, reason: systemErrorText(code))
        }
        guard unsafe pwrite(descriptor, head, bytes, 0) == bytes,
            unsafe rename(temporary, path) == 0
        else { throw FileError(path: path) }
    }

    /// Maps a whole file; `nil` if it is empty or no whole number of words.
    ///
    /// - Throws: If there is none, or the system refuses.
    package init?(_ path: String) throws(FileError) {
        let descriptor = unsafe open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path: path) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw FileError(path: path) }
        let length = Int(status.st_size)
        guard length > 0, length % MemoryLayout<UInt64>.size == 0 else { return nil }
        let address = unsafe mmap(nil, length, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        guard let address = unsafe address, unsafe address != MAP_FAILED else {
            throw FileError(path: path)
        }
        count = length / MemoryLayout<UInt64>.size
        unsafe words = address.bindMemory(to: UInt64.self, capacity: count)
    }

    deinit {
        unsafe munmap(words, count * MemoryLayout<UInt64>.size)
    }

    /// The address of the first of some words.
    private func address(_ place: Int, _ length: Int = 1) -> UnsafeMutablePointer<UInt64> {
        precondition(place >= 0 && length >= 0 && place <= count - length, "outside of the file")
        return unsafe words + place
    }

    package func load(_ place: Int) -> UInt64 {
        unsafe casd_load(address(place))
    }

    package func store(_ value: UInt64, at place: Int) {
        unsafe casd_store(address(place), value)
    }

    /// Replaces a word if it is as expected, and returns whether it was.
    package func replace(_ expected: UInt64, by value: UInt64, at place: Int) -> Bool {
        unsafe casd_replace(address(place), expected, value) != 0
    }

    package func setBits(_ bits: UInt64, at place: Int) {
        unsafe casd_set_bits(address(place), bits)
    }

    package func clearBits(_ bits: UInt64, at place: Int) {
        unsafe casd_clear_bits(address(place), bits)
    }

    /// The bytes from a place on, which somebody may be changing: a later load must tell whether.
    package func bytes(at place: Int, count: Int) -> [UInt8] {
        let length = (count + 7) / 8
        let start = unsafe address(place, length)
        return unsafe [UInt8](unsafeUninitializedCapacity: length * 8) { buffer, initialized in
            if let base = buffer.baseAddress {
                let copy = unsafe UnsafeMutableRawPointer(base).assumingMemoryBound(
                    to: UInt64.self)
                unsafe casd_copy_out(copy, start, UInt(length))
            }
            initialized = count
        }
    }

    /// The words from a place on, each as it was at some moment of the call.
    package func copy(at place: Int, count: Int) -> [UInt64] {
        let start = unsafe address(place, count)
        return unsafe [UInt64](unsafeUninitializedCapacity: count) { buffer, initialized in
            if let base = buffer.baseAddress { unsafe casd_copy_out(base, start, UInt(count)) }
            initialized = count
        }
    }

    /// Whether the bytes from a place on are those; somebody may be changing them.
    package func hasBytes(_ bytes: [UInt8], at place: Int) -> Bool {
        let start = unsafe address(place, (bytes.count + 7) / 8)
        return unsafe memcmp(start, bytes, bytes.count) == 0
    }

    /// Writes bytes from a place on, and zeros to the end of the last word.
    ///
    /// Only for whoever has told others by an earlier step that they change.
    package func write(_ bytes: [UInt8], at place: Int) {
        let length = (bytes.count + 7) / 8
        let start = unsafe address(place, length)
        var copy = [UInt64](repeating: 0, count: length)
        unsafe copy.withUnsafeMutableBytes { unsafe $0.copyBytes(from: bytes) }
        unsafe casd_copy_in(start, copy, UInt(length))
    }
}
