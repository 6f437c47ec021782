internal import CCurl
internal import Platform

/// What one call has brought so far; belongs to the thread that makes the call.
final class Transfer {
    private let rules: AddressRules
    private let bodyBytesMax: Int
    private var headerBytes = 0
    private(set) var body: [UInt8] = []
    /// Whether the answer was cut off because it is too long.
    private(set) var isTooLarge = false
    /// The last address to which no connection was made because it is denied.
    private(set) var refusedAddress: IPAddress?

    /// The most bytes of an answer's header, interim answers included.
    static let headerBytesMax = 64 << 10

    init(rules: AddressRules, bodyBytesMax: Int) {
        self.rules = rules
        self.bodyBytesMax = bodyBytesMax
    }

    /// - Returns: Whether the transfer may go on.
    @unsafe
    func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count <= bodyBytesMax - body.count else {
            isTooLarge = true
            return false
        }
        unsafe body.append(contentsOf: bytes)
        return true
    }

    /// - Returns: Whether the transfer may go on.
    func receiveHeader(byteCount: Int) -> Bool {
        headerBytes += byteCount
        isTooLarge = isTooLarge || headerBytes > Self.headerBytesMax
        return !isTooLarge
    }

    /// Makes the socket for an address that is about to be connected to, unless it is denied;
    /// asking here and not by name leaves nothing that could change in between.
    @unsafe
    func makeSocket(for address: UnsafePointer<curl_sockaddr>) -> curl_socket_t {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = unsafe casd_curl_address(address, &bytes)
        guard let target = IPAddress(bytes: Array(bytes.prefix(count))) else { return -1 }
        guard !rules.refuses(target) else {
            refusedAddress = target
            return -1
        }
        return unsafe casd_curl_make_socket(address)
    }

    /// Has the handle report to this transfer, which must outlive the call.
    @unsafe
    func listen(to handle: UnsafeMutableRawPointer) -> [CURLcode] {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        return unsafe [
            casd_curl_set_receivers(
                handle,
                { bytes, size, count, context in
                    let buffer = unsafe UnsafeRawBufferPointer(start: bytes, count: size &* count)
                    return unsafe transfer(context)?.receiveBody(buffer) == true
                        ? buffer.count : 0
                },
                { _, size, count, context in
                    let isWelcome = unsafe transfer(context)?
                        .receiveHeader(byteCount: size &* count)
                    return isWelcome == true ? size &* count : 0
                }, context),
            casd_curl_set_socket_maker(
                handle,
                { context, _, address in
                    guard let address = unsafe address else { return -1 }
                    return unsafe transfer(context)?.makeSocket(for: address) ?? -1
                }, context),
        ]
    }
}

@unsafe
private func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer? {
    unsafe context.map { unsafe Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
}
