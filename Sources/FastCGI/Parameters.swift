internal import CFastCGI
internal import Glibc

/// Reads the `NAME=VALUE` strings of libfcgi into values, once, and judges them.
struct Parameters {
    private(set) var list: [FastCGIRequest.Parameter] = []
    private(set) var fault: FastCGIRequest.Fault?
    /// What `CONTENT_LENGTH` claims; only good for noticing that a body was cut short.
    private(set) var claimedLength: Int?

    /// Bit `n` is set once `uniqueNames[n]` was seen.
    private var seen: UInt32 = 0
    /// Where in `list` the parameters named `SSL_CLIENT_…` are.
    private var certificateFacts: [Int] = []
    private var totalBytes = 0

    private static let contentLength: StaticString = "CONTENT_LENGTH"
    private static let certificatePrefix: StaticString = "SSL_CLIENT_"
    private static let uniqueNames: [StaticString] = [
        contentLength, "REQUEST_METHOD", "REQUEST_URI", "QUERY_STRING", "CONTENT_TYPE",
        "REMOTE_ADDR", "HTTPS", "SERVER_PORT", "SERVER_NAME", "CASD_PROFILE",
        "CASD_GATEWAY_SECRET",
    ]

    /// Copies everything; libfcgi frees its strings when the request is finished.
    ///
    /// - Parameter environment: libfcgi's array, whose first entry is its own `FCGI_ROLE`. The
    ///   strings are cut in two, so that nothing else can be looked up in it afterwards.
    init(_ environment: FCGX_ParamArray?, limits: TransportLimits) {
        guard let environment = unsafe environment else { return }
        list.reserveCapacity(40)
        var index = 1
        while fault == nil, let entry = unsafe environment[index] {
            unsafe append(entry, limits: limits)
            index += 1
        }
    }

    private mutating func append(_ entry: UnsafeMutablePointer<CChar>, limits: TransportLimits) {
        let length = unsafe strlen(entry)
        totalBytes += length
        guard totalBytes <= limits.parameterBytesMax else {
            fault = .parametersTooLarge
            return
        }
        guard list.count < limits.parameterCountMax else {
            fault = .tooManyParameters
            return
        }
        // libfcgi puts the sign between name and value, so it is always there.
        guard let sign = unsafe strchr(entry, Int32(UInt8(ascii: "="))) else { return }
        let nameLength = unsafe sign - entry
        unsafe sign.pointee = 0
        // Much cheaper than validating a buffer, which goes through generic code every time.
        guard let name = unsafe String(validatingCString: entry),
            let value = unsafe String(validatingCString: sign + 1)
        else {
            fault = .invalidText
            return
        }
        let bytes = unsafe UnsafeRawBufferPointer(start: entry, count: nameLength)
        let isRepeated = unsafe notesRepetition(of: bytes, value: value, name: name)
        list.append(.init(name: name, value: value))
        if isRepeated { fault = .duplicateParameter(name) }
    }

    /// Remembers a name that must not come twice and tells whether it now did.
    private mutating func notesRepetition(
        of bytes: UnsafeRawBufferPointer, value: String, name: String
    ) -> Bool {
        if unsafe starts(bytes, with: Self.certificatePrefix) {
            defer { certificateFacts.append(list.count) }
            return certificateFacts.contains { list[$0].name == name }
        }
        for index in Self.uniqueNames.indices {
            let candidate = Self.uniqueNames[index]
            guard candidate.utf8CodeUnitCount == bytes.count,
                unsafe starts(bytes, with: candidate)
            else { continue }
            if index == 0 { claimedLength = Int(value) }
            let bit: UInt32 = 1 << UInt32(index)
            defer { seen |= bit }
            return seen & bit != 0
        }
        return false
    }

    private func starts(_ bytes: UnsafeRawBufferPointer, with prefix: StaticString) -> Bool {
        guard let base = bytes.baseAddress, bytes.count >= prefix.utf8CodeUnitCount else {
            return false
        }
        return unsafe memcmp(base, prefix.utf8Start, prefix.utf8CodeUnitCount) == 0
    }
}
