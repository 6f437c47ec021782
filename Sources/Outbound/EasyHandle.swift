internal import CCurl
internal import Platform

/// A transfer handle of libcurl with the connections that it keeps open for the next call.
///
/// One thread at a time may use it. Between calls it holds no pointer to anything of a call.
@safe
final class EasyHandle: @unchecked Sendable {
    // Unchecked because the pool gives it to one thread at a time.
    private let handle: UnsafeMutableRawPointer
    private let errorText: UnsafeMutableBufferPointer<CChar>
    /// Where it last called.
    private(set) var origin = ""
    /// How many connections the last call had to make.
    private(set) var connectionsMade = 0

    /// How many connections stay open in one handle, and for how long.
    private static let connectionsMax = 2
    private static let idleSeconds = 30

    init() throws(OutboundError) {
        guard startup == CURLE_OK, let handle = unsafe curl_easy_init() else {
            throw .other("libcurl cannot be used")
        }
        unsafe self.handle = unsafe handle
        unsafe errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorText.initialize(repeating: 0)
    }

    deinit {
        unsafe curl_easy_cleanup(handle)
        unsafe errorText.deallocate()
    }

    /// Makes one call and waits for its end.
    func perform(
        _ request: OutboundRequest, to target: TargetURL, policy: OutboundPolicy,
        authorities: Authorities, transfer: Transfer
    ) throws(OutboundError) -> OutboundResponse {
        defer { unsafe curl_easy_reset(handle) }
        let headers = try HeaderList(request)
        var codes = unsafe transfer.listen(to: handle)
        codes.append(unsafe authorities.serve(handle))
        codes += configure(policy)
        let schemes = request.allowsPlain ? "http,https" : "https"
        codes.append(unsafe casd_curl_set_text(handle, CURLOPT_PROTOCOLS_STR, schemes))
        codes.append(unsafe casd_curl_set_text(handle, CURLOPT_URL, target.text))
        codes.append(unsafe headers.serve(handle))
        if let code = codes.first(where: { $0 != CURLE_OK }) {
            throw .other("libcurl refuses an option: \(Self.text(code))")
        }
        origin = target.origin
        // libcurl points at the body, the transfer and the headers until the handle is reset.
        let result = withExtendedLifetime((headers, transfer, authorities)) {
            perform(request.method)
        }
        connectionsMade = Int(unsafe casd_curl_connections_made(handle))
        guard result == CURLE_OK else { throw failure(result, transfer) }
        let contentType = unsafe casd_curl_content_type(handle)
        return unsafe OutboundResponse(
            status: Int(casd_curl_response_code(handle)), body: transfer.body,
            contentType: contentType.map { unsafe String(cString: $0) })
    }

    private func perform(_ method: OutboundRequest.Method) -> CURLcode {
        switch method {
        case .get: return unsafe curl_easy_perform(handle)
        case .post(let body, _):
            return unsafe body.withUnsafeBytes { bytes in
                let code = unsafe casd_curl_set_body(handle, bytes.baseAddress, bytes.count)
                return code == CURLE_OK ? unsafe curl_easy_perform(handle) : code
            }
        }
    }

    private func configure(_ policy: OutboundPolicy) -> [CURLcode] {
        unsafe errorText.update(repeating: 0)
        let milliseconds: (Duration) -> Int = { max(1, Int(clamping: $0.milliseconds)) }
        let numbers: [(CURLoption, Int)] = [
            (CURLOPT_FOLLOWLOCATION, 0),
            (CURLOPT_DISALLOW_USERNAME_IN_URL, 1),
            // The path is the peer's business; it is sent as it stands.
            (CURLOPT_PATH_AS_IS, 1),
            (CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1),
            (CURLOPT_HTTP09_ALLOWED, 0),
            (CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue)),
            (CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2),
            (CURLOPT_SSL_VERIFYPEER, 1),
            (CURLOPT_SSL_VERIFYHOST, 2),
            (CURLOPT_CONNECTTIMEOUT_MS, milliseconds(policy.connectTimeout)),
            (CURLOPT_TIMEOUT_MS, milliseconds(policy.timeout)),
            // No alarms: there are other threads.
            (CURLOPT_NOSIGNAL, 1),
            // A call that is over does not wait for the name server; its thread ends by itself.
            (CURLOPT_QUICK_EXIT, 1),
            (CURLOPT_MAXCONNECTS, Self.connectionsMax),
            (CURLOPT_MAXAGE_CONN, Self.idleSeconds),
        ]
        // An empty proxy is one that is set, so that the environment is not asked.
        let texts: [(CURLoption, String)] = [
            (CURLOPT_PROXY, ""), (CURLOPT_NOPROXY, "*"),
            (CURLOPT_REDIR_PROTOCOLS_STR, "https"), (CURLOPT_USERAGENT, "casd"),
        ]
        var codes = numbers.map { unsafe casd_curl_set_number(handle, $0.0, $0.1) }
        codes += texts.map { unsafe casd_curl_set_text(handle, $0.0, $0.1) }
        codes += [CURLOPT_CAINFO, CURLOPT_CAPATH].map {
            unsafe casd_curl_set_text(handle, $0, nil)
        }
        codes.append(
            unsafe casd_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, errorText.baseAddress))
        return codes
    }

    private static func text(_ code: CURLcode) -> String {
        unsafe curl_easy_strerror(code).map { unsafe String(cString: $0) } ?? "error"
    }

    private func failure(_ code: CURLcode, _ transfer: Transfer) -> OutboundError {
        let detail = unsafe String(
            decoding: errorText.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let text = detail.isEmpty ? Self.text(code) : detail
        if transfer.isTooLarge { return .responseTooLarge }
        switch code {
        case CURLE_URL_MALFORMAT: return .address(text)
        case CURLE_COULDNT_RESOLVE_HOST: return .unresolved
        case CURLE_COULDNT_CONNECT:
            return transfer.refusedAddress.map { .refusedAddress("\($0)") } ?? .unreachable
        case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE:
            return .unreachable
        case CURLE_OPERATION_TIMEDOUT: return .timeout
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CIPHER,
            CURLE_SSL_CERTPROBLEM, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS,
            CURLE_SSL_CLIENTCERT, CURLE_SSL_SHUTDOWN_FAILED:
            return .tls(text)
        default: return .other(text)
        }
    }
}

/// libcurl's global state, made once for the process and kept to its end.
private let startup = curl_global_init(Int(CURL_GLOBAL_SSL))

/// The header lines of a request as libcurl takes them.
@safe
private final class HeaderList {
    private var list: UnsafeMutablePointer<curl_slist>?

    init(_ request: OutboundRequest) throws(OutboundError) {
        var lines: [(String, String)] = request.headers
        if case .post(_, let type) = request.method {
            lines.append(("Content-Type", type))
            // The body is small, and asking first whether it is welcome costs a second.
            lines.append(("Expect", ""))
        }
        for (name, value) in lines {
            guard isToken(name), value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                throw .other("the header \(name) cannot be sent")
            }
            // A colon and nothing after it takes a header away; a semicolon sends it empty.
            let line = value.isEmpty && name != "Expect" ? "\(name);" : "\(name): \(value)"
            guard let longer = unsafe curl_slist_append(list, line) else {
                throw .other("no memory")
            }
            unsafe list = unsafe longer
        }
    }

    deinit {
        unsafe curl_slist_free_all(list)
    }

    @unsafe
    func serve(_ handle: UnsafeMutableRawPointer) -> CURLcode {
        unsafe casd_curl_set_pointer(handle, CURLOPT_HTTPHEADER, list)
    }
}

/// Whether a text may be a header's name (RFC 9110 §5.6.2).
private func isToken(_ text: String) -> Bool {
    !text.isEmpty
        && text.unicodeScalars.allSatisfy {
            ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
                || "!#$%&'*+-.^_`|~".unicodeScalars.contains($0)
        }
}
