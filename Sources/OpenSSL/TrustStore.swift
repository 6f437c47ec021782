internal import COpenSSL
package import Platform

/// Why a bundle of certificates was not accepted.
package struct TrustStoreError: Error, Hashable, CustomStringConvertible {
    /// The name of the bundle, usually its path.
    package let bundle: String
    /// What is wrong, with the number of the certificate where that helps.
    package let reason: String

    package var description: String { "\(bundle): \(reason)" }
}

/// The certification authorities whose client certificates are believed (RFC 5280 §6).
///
/// Checked are signatures, validity, basic and name constraints, path length, key usage, extended
/// key usage for TLS clients, and that no key or digest is weaker than 112 bits. Revocation is
/// not. Immutable and safe to use from all threads.
@safe
package final class TrustStore: @unchecked Sendable {
    // Unchecked because pointers are not Sendable; a store locks itself while it is read, and
    // nothing is added after `init`.
    private let store: OpaquePointer
    private let intermediates: OpaquePointer
    /// The anchors and intermediates by the addresses under which OpenSSL knows them.
    private let known: [UInt: X509Certificate]

    /// The anchors and the intermediates, each once: who may have signed revocation lists.
    package let authorities: [X509Certificate]

    /// What the path of a certificate led to.
    package enum Verdict: Hashable, Sendable {
        /// An unbroken path leads to a trust anchor; the leaf is first, the anchor last.
        case trusted(path: [X509Certificate])
        /// The text is OpenSSL's; `depth` is the place of the faulty certificate, the leaf being
        /// 0; the path is as far as it could be built.
        case refused(reason: String, depth: Int, path: [X509Certificate])
    }

    /// A file of certificates in PEM, and what to call it in errors.
    package struct Bundle: Sendable {
        package let name: String
        package let content: [UInt8]

        package init(name: String, content: [UInt8]) {
            self.name = name
            self.content = content
        }
    }

    /// The most certificates that anchors and intermediates may have together.
    package static let certificatesMax = 10_000

    /// How exactly authorities must follow RFC 5280.
    package enum Strictness: Sendable {
        /// What real private authorities keep: no missing constraint is forgiven that matters.
        case usual
        /// Also key identifiers, criticality and the like (`X509_V_FLAG_X509_STRICT`); many
        /// authorities made by hand fail it.
        case strict
    }

    private let strictness: Strictness
    private let intermediatesMax: Int

    /// Reads the bundles.
    ///
    /// - Parameters:
    ///   - intermediates: Certificates that may stand between a leaf and an anchor; they are not
    ///     trusted themselves. Those among the anchors that are not self-signed are treated alike.
    ///   - intermediatesMax: How many may stand there.
    /// - Throws: If a bundle is broken, or there is no self-signed authority among the anchors.
    package init(
        anchors: [Bundle], intermediates: [Bundle] = [], strictness: Strictness = .usual,
        intermediatesMax: Int = 8
    ) throws(TrustStoreError) {
        self.strictness = strictness
        self.intermediatesMax = max(0, intermediatesMax)
        let roots = try Self.certificates(anchors)
        let others = try Self.certificates(intermediates)
        guard roots.contains(where: { $0.isSelfIssued && $0.isCertificateAuthority }) else {
            throw TrustStoreError(
                bundle: anchors.map(\.name).joined(separator: ", "),
                reason: "no self-signed certification authority")
        }
        guard let store = unsafe X509_STORE_new(), let stack = unsafe OPENSSL_sk_new_null() else {
            throw TrustStoreError(bundle: "", reason: "no memory")
        }
        unsafe self.store = store
        unsafe self.intermediates = stack
        var seen: Set<X509Certificate> = []
        authorities = (roots + others).filter { seen.insert($0).inserted }
        known = Dictionary(
            (roots + others).map { unsafe (UInt(bitPattern: $0.handle), $0) },
            uniquingKeysWith: { $1 })
        for root in roots where root.isSelfIssued {
            unsafe X509_STORE_add_cert(store, root.handle)
        }
        for other in others + roots.filter({ !$0.isSelfIssued }) {
            guard unsafe X509_up_ref(other.handle) == 1 else { continue }
            unsafe OPENSSL_sk_push(stack, UnsafeRawPointer(other.handle))
        }
        ERR_clear_error()
    }

    deinit {
        unsafe X509_STORE_free(store)
        while let certificate = unsafe OPENSSL_sk_pop(intermediates) {
            unsafe X509_free(OpaquePointer(certificate))
        }
        unsafe OPENSSL_sk_free(intermediates)
    }

    private static func certificates(
        _ bundles: [Bundle]
    ) throws(TrustStoreError) -> [X509Certificate] {
        var found: [X509Certificate] = []
        for bundle in bundles {
            found += try certificates(bundle)
            guard found.count <= certificatesMax else {
                throw TrustStoreError(
                    bundle: bundle.name, reason: "more than \(certificatesMax) certificates")
            }
        }
        return found
    }

    private static func certificates(
        _ bundle: Bundle
    ) throws(TrustStoreError) -> [X509Certificate] {
        var found: [X509Certificate] = []
        do throws(CertificateError) {
            for der in try CertificateText.bundle(bundle.content) {
                found.append(try X509Certificate(der: der))
            }
        } catch {
            throw TrustStoreError(
                bundle: bundle.name, reason: "certificate \(found.count + 1): \(error)")
        }
        return found
    }

    /// Looks for a path from the certificate to an anchor that is good for a TLS client.
    package func verify(_ leaf: X509Certificate, at now: Instant) -> Verdict {
        defer { ERR_clear_error() }
        guard let context = unsafe X509_STORE_CTX_new() else {
            return .refused(reason: "no memory", depth: 0, path: [])
        }
        defer { unsafe X509_STORE_CTX_free(context) }
        guard unsafe X509_STORE_CTX_init(context, store, leaf.handle, intermediates) == 1,
            unsafe X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_CLIENT) == 1,
            let parameters = unsafe X509_STORE_CTX_get0_param(context)
        else { return .refused(reason: "OpenSSL cannot start", depth: 0, path: []) }
        unsafe X509_VERIFY_PARAM_set_time(parameters, time_t(now.seconds))
        unsafe X509_VERIFY_PARAM_set_depth(parameters, Int32(clamping: intermediatesMax))
        // 112 bits: neither SHA-1 nor RSA below 2048, which is what TLS asks of a peer as well.
        unsafe X509_VERIFY_PARAM_set_auth_level(parameters, 2)
        if strictness == .strict {
            unsafe X509_VERIFY_PARAM_set_flags(parameters, UInt(X509_V_FLAG_X509_STRICT))
        }
        let isTrusted = unsafe X509_verify_cert(context) == 1
        let chain = unsafe X509_STORE_CTX_get0_chain(context)
        let handles = unsafe (0..<max(0, OPENSSL_sk_num(chain))).compactMap { index in
            unsafe OPENSSL_sk_value(chain, index).map { OpaquePointer($0) }
        }
        let path = unsafe handles.compactMap { unsafe certificate($0, leaf: leaf) }
        let code = unsafe X509_STORE_CTX_get_error(context)
        guard isTrusted, code == X509_V_OK else {
            return unsafe .refused(
                reason: String(cString: X509_verify_cert_error_string(Int(code))),
                depth: Int(X509_STORE_CTX_get_error_depth(context)), path: path)
        }
        // OpenSSL still takes intermediates without basic constraints for authorities.
        let weak = unsafe handles.indices.dropFirst().dropLast().first { depth in
            unsafe X509_check_ca(handles[depth]) != 1
        }
        if let weak {
            return .refused(reason: "intermediate without CA:TRUE", depth: weak, path: path)
        }
        return .trusted(path: path)
    }

    /// The certificate of a place in the path; it is parsed again only if it is a stranger.
    @unsafe
    private func certificate(_ handle: OpaquePointer, leaf: X509Certificate) -> X509Certificate? {
        if unsafe handle == leaf.handle { return leaf }
        if let certificate = known[UInt(bitPattern: handle)] { return certificate }
        var encoded: UnsafeMutablePointer<UInt8>?
        let length = unsafe Int(i2d_X509(handle, &encoded))
        defer { unsafe CRYPTO_free(encoded, #file, #line) }
        guard length > 0, let start = unsafe encoded else { return nil }
        // It has been parsed before, so this cannot fail but for lack of memory.
        return try? unsafe X509Certificate(
            der: Array(UnsafeBufferPointer(start: start, count: length)))
    }
}
