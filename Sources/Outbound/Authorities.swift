internal import CCurl
internal import Platform

/// The certification authorities that a client believes: the system's and those of some files.
///
/// Read once and shared by all connections, because libcurl would read them for each connection
/// anew. Constant, so any thread may use it.
@safe
final class Authorities: @unchecked Sendable {
    // Unchecked because pointers are not Sendable; OpenSSL locks the store while it searches.
    private let store: OpaquePointer

    /// Where Debian keeps the system's authorities, one file each, named by hash; only those
    /// that a peer refers to are read.
    private static let systemFolder = "/etc/ssl/certs"

    init(files: [String]) throws(OutboundError) {
        guard let store = unsafe X509_STORE_new() else { throw .other("no memory") }
        unsafe self.store = unsafe store
        // As libcurl has it: what is in a trust file is trusted, also if it is an intermediate.
        unsafe X509_STORE_set_flags(store, UInt(X509_V_FLAG_PARTIAL_CHAIN))
        guard unsafe X509_STORE_load_path(store, Self.systemFolder) == 1 else {
            throw Self.failure(Self.systemFolder)
        }
        for file in files {
            do {
                _ = try File.read(file)
            } catch {
                throw .other("\(error)")
            }
            guard unsafe X509_STORE_load_file(store, file) == 1 else { throw Self.failure(file) }
        }
    }

    deinit {
        unsafe X509_STORE_free(store)
    }

    /// Has the connections that a handle makes believe them.
    @unsafe
    func serve(_ handle: UnsafeMutableRawPointer) -> CURLcode {
        unsafe casd_curl_set_store(handle, store)
    }

    /// Takes OpenSSL's first reason from the thread's queue, which is empty afterwards.
    private static func failure(_ path: String) -> OutboundError {
        defer { ERR_clear_error() }
        let reason = unsafe ERR_reason_error_string(ERR_get_error())
        return .other(
            unsafe "\(path): \(reason.map { unsafe String(cString: $0) } ?? "not certificates")")
    }
}
