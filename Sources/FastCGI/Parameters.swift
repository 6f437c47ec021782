internal import CFastCGI
internal import Glibc

/// Reads the `NAME=VALUE` strings of libfcgi into values, once, and judges them.
struct Parameters {
    private(set) var list: [FastCGIRequest.Parameter] = []
    private(set) var fault: FastCGIRequest.Fault?
    /// What `CONTENT_LENGTH` claims; only good for noticing that a body was cut short.
    private(set) var claimedLength: Int?

    /// The bits of the unique names that were seen.
    private var seen: UInt32 = 0
    /// Facts about a certificate that were seen and that have no bit.
    private var certificateFacts: [String] = []
    private var totalBytes = 0
    private var count = 0

    /// Copies what is kept; libfcgi frees its strings when the request is finished.
    ///
    /// - Parameter environment: libfcgi's array, whose first entry is its own `FCGI_ROLE`.
    init(_ environment: FCGX_ParamArray?, names: ParameterNames, limits: TransportLimits) {
        guard let environment = unsafe environment else { return }
        list.reserveCapacity(16)
        var index = 1
        while fault == nil, let entry = unsafe environment[index] {
            unsafe append(entry, names: names, limits: limits)
            index += 1
        }
    }

    private mutating func append(
        _ entry: UnsafeMutablePointer<CChar>, names: ParameterNames, limits: TransportLimits
    ) {
        let length = unsafe strlen(entry)
        totalBytes += length
        guard totalBytes <= limits.parameterBytesMax else {
            fault = .parametersTooLarge
            return
        }
        guard count < limits.parameterCountMax else {
            fault = .tooManyParameters
            return
        }
        count += 1
        guard unsafe isText(entry, length) else {
            fault = .invalidText
            return
        }
        // libfcgi puts the sign between name and value, so it is always there.
        guard let sign = unsafe strchr(entry, Int32(UInt8(ascii: "="))) else { return }
        let name = unsafe UnsafeRawBufferPointer(start: entry, count: sign - entry)
        let value = unsafe UnsafeRawBufferPointer(
            start: sign + 1, count: length - name.count - 1)
        if let known = unsafe names.find(name) {
            if known.isLength { claimedLength = unsafe Int(String(decoding: value, as: UTF8.self)) }
            if known.isKept { unsafe keep(known.text, value) }
            if seen & known.uniqueBit != 0 { fault = .duplicateParameter(known.text) }
            seen |= known.uniqueBit
            return
        }
        let isFact = unsafe ParameterNames.isCertificateFact(name)
        guard isFact || names.keepsUnknown else { return }
        let text = unsafe String(decoding: name, as: UTF8.self)
        if names.keepsUnknown { unsafe keep(text, value) }
        guard isFact else { return }
        if certificateFacts.contains(text) { fault = .duplicateParameter(text) }
        certificateFacts.append(text)
    }

    private mutating func keep(_ name: String, _ value: UnsafeRawBufferPointer) {
        list.append(.init(name: name, value: unsafe String(decoding: value, as: UTF8.self)))
    }

    /// Whether the bytes are UTF-8, which ASCII, nearly all there is, shows eight at a time.
    private func isText(_ entry: UnsafePointer<CChar>, _ length: Int) -> Bool {
        let bytes = unsafe UnsafeRawBufferPointer(start: entry, count: length)
        var high: UInt64 = 0
        var index = 0
        while index + 8 <= length {
            high |= unsafe bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            index += 8
        }
        while index < length {
            high |= unsafe UInt64(bytes[index])
            index += 1
        }
        if high & 0x8080_8080_8080_8080 == 0 { return true }
        return unsafe String(validatingCString: entry) != nil
    }
}
