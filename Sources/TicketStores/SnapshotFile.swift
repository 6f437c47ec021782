internal import LMDB
internal import OpenSSL
internal import Platform
internal import Tickets

/// A copy of the store on the disk: the LMDB file, and a trailer that proves it whole.
///
/// The trailer is 64 bytes: a mark with the format, the number of the last transaction, the length
/// of the LMDB file, and a digest over both and the file.
struct SnapshotFile {
    let path: String

    /// The number is that of the format of the store.
    private static let mark = Array("casd-snapshot 2\n".utf8)
    private static let trailerBytes = 64

    private struct Trailer {
        let transaction: Int64
        let length: Int64
        let digest: [UInt8]

        /// What the digest begins with.
        var head: [UInt8] {
            var writer = RecordWriter()
            writer.add(fixed: SnapshotFile.mark)
            writer.add(transaction)
            writer.add(length)
            return writer.bytes
        }
    }

    /// The number of the last transaction that the snapshot holds; `nil` if there is no snapshot.
    var transaction: Int64? {
        // Losing the error is right: what cannot be read is about to be replaced.
        try? trailer().transaction
    }

    /// Replaces the snapshot by a copy of the store as it is now.
    func write(_ environment: Environment) throws {
        let partial = path + ".partial"
        // Asked before the copy is made: a later change makes one snapshot too many, never too few.
        let transaction = Int64(environment.extent().lastTransaction)
        try environment.writeCopy(to: partial)
        guard let length = StoreFile.length(partial) else { throw FileError(path: partial) }
        let plain = Trailer(transaction: transaction, length: Int64(length), digest: [])
        let digest = try digest(of: partial, plain)
        try StoreFile.write(plain.head + digest, to: partial, at: length)
        try StoreFile.publish(partial, as: path)
    }

    /// Checks the snapshot and makes a live store of it.
    ///
    /// - Throws: `corrupt` if it is damaged; there is no store then.
    func restore(to live: String) throws {
        let trailer = try trailer()
        let partial = live + ".partial"
        File.remove(partial)
        var offset = 0
        let digest = try digest(of: path, trailer) { chunk in
            try StoreFile.write(chunk, to: partial, at: offset)
            offset += chunk.count
        }
        guard digest == trailer.digest else {
            File.remove(partial)
            throw TicketRegistryError.corrupt("\(path): the checksum is wrong")
        }
        try StoreFile.publish(partial, as: live)
    }

    private func trailer() throws -> Trailer {
        let length = (StoreFile.length(path) ?? 0) - Self.trailerBytes
        guard length > 0 else { throw TicketRegistryError.corrupt("\(path): too short") }
        var bytes: [UInt8] = []
        try StoreFile.forEachChunk(of: path, in: length..<length + Self.trailerBytes) {
            bytes += $0
        }
        var reader = RecordReader(bytes)
        let mark = try reader.fixed(Self.mark.count)
        if mark == Array("casd-snapshot 1\n".utf8) {
            throw TicketRegistryError.otherFormat(
                "\(path): format 01, but this release reads 02")
        }
        guard mark == Self.mark else {
            throw TicketRegistryError.corrupt(
                "\(path): no snapshot, a truncated one, or one of another format")
        }
        let trailer = Trailer(
            transaction: try reader.number(), length: try reader.number(),
            digest: try reader.fixed(32))
        guard trailer.length == length else {
            throw TicketRegistryError.corrupt("\(path): the length is wrong")
        }
        return trailer
    }

    private func digest(
        of file: String, _ trailer: Trailer, _ visit: ([UInt8]) throws -> Void = { _ in }
    ) throws -> [UInt8] {
        var digest = sha256(trailer.head)
        try StoreFile.forEachChunk(of: file, in: 0..<Int(trailer.length)) { chunk in
            digest = sha256(digest + chunk)
            try visit(chunk)
        }
        return digest
    }
}
