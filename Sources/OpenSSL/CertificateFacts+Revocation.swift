internal import COpenSSL

/// SHA-256 over the SubjectPublicKeyInfo of a certificate.
@unsafe
func digestOfKey(_ handle: OpaquePointer) throws(CertificateError) -> [UInt8] {
    var encoded: UnsafeMutablePointer<UInt8>?
    let length = unsafe Int(i2d_X509_PUBKEY(X509_get_X509_PUBKEY(handle), &encoded))
    defer { unsafe CRYPTO_free(encoded, #file, #line) }
    guard length > 0, let start = unsafe encoded else {
        throw .badCertificate("the public key cannot be read")
    }
    return unsafe sha256(Array(UnsafeBufferPointer(start: start, count: length)))
}

/// Where the revocation lists of a certificate are, or which part of them a list is.
struct DistributionPoints: Hashable, Sendable {
    /// The addresses among the names.
    var addresses: [String] = []
    /// Each name in DER; a name relative to the issuer is completed.
    var names: [[UInt8]] = []

    private static let namesMax = 64

    init() {}

    @unsafe
    init(of handle: OpaquePointer) throws(CertificateError) {
        var criticality: Int32 = 0
        guard
            let found = unsafe X509_get_ext_d2i(
                handle, NID_crl_distribution_points, &criticality, nil)
        else {
            guard criticality == -1 else { throw .badExtension("cRLDistributionPoints") }
            return
        }
        let stack = OpaquePointer(found)
        defer { unsafe CRL_DIST_POINTS_free(stack) }
        for index in 0..<max(0, unsafe OPENSSL_sk_num(stack)) {
            guard let point = unsafe OPENSSL_sk_value(stack, index) else { continue }
            let name = unsafe point.assumingMemoryBound(to: DIST_POINT.self).pointee.distpoint
            guard let name = unsafe name else { continue }
            try unsafe add(name, issuer: X509_get_issuer_name(handle))
        }
    }

    /// Adds the names of one distribution point; `issuer` is what a relative name continues.
    @unsafe
    mutating func add(
        _ point: UnsafeMutablePointer<DIST_POINT_NAME>, issuer: OpaquePointer?
    ) throws(CertificateError) {
        guard unsafe point.pointee.type == 0 else {
            guard unsafe DIST_POINT_set_dpname(point, issuer) == 1,
                let der = unsafe encoded(point.pointee.dpname)
            else { throw .badExtension("cRLDistributionPoints") }
            insert([UInt8(GEN_DIRNAME)] + der)
            return
        }
        let stack = unsafe point.pointee.name.fullname
        for index in 0..<max(0, unsafe OPENSSL_sk_num(stack)) {
            guard
                let name = unsafe OPENSSL_sk_value(stack, index)?
                    .assumingMemoryBound(to: GENERAL_NAME.self)
            else { continue }
            try unsafe add(name)
        }
    }

    @unsafe
    private mutating func add(
        _ name: UnsafeMutablePointer<GENERAL_NAME>
    ) throws(CertificateError) {
        if unsafe name.pointee.type == GEN_DIRNAME {
            guard let der = unsafe encoded(name.pointee.d.directoryName) else {
                throw .badExtension("cRLDistributionPoints")
            }
            insert([UInt8(GEN_DIRNAME)] + der)
        } else if let address = unsafe address(name) {
            if addresses.count < X509Certificate.addressesMax { addresses.append(address) }
            insert([UInt8(GEN_URI)] + address.utf8)
        }
    }

    private mutating func insert(_ name: [UInt8]) {
        if names.count < Self.namesMax { names.append(name) }
    }
}

/// The DER of a name.
@unsafe
private func encoded(_ name: OpaquePointer?) -> [UInt8]? {
    guard let name = unsafe name else { return nil }
    var encoded: UnsafeMutablePointer<UInt8>?
    let length = unsafe Int(i2d_X509_NAME(name, &encoded))
    defer { unsafe CRYPTO_free(encoded, #file, #line) }
    guard length > 0, let start = unsafe encoded else { return nil }
    return unsafe Array(UnsafeBufferPointer(start: start, count: length))
}

/// The address in a name, `nil` if it is another kind of name, empty, longer than 2,048 bytes or
/// has anything but ASCII; authorities write blanks that should have been encoded.
@unsafe
private func address(_ name: UnsafeMutablePointer<GENERAL_NAME>) -> String? {
    var type: Int32 = 0
    guard let value = unsafe GENERAL_NAME_get0_value(name, &type), type == GEN_URI else {
        return nil
    }
    let ascii = unsafe content(value.assumingMemoryBound(to: ASN1_STRING.self))
    guard (1...2048).contains(ascii.count), ascii.allSatisfy({ (0x20..<0x7F).contains($0) }) else {
        return nil
    }
    return String(decoding: ascii, as: UTF8.self)
}

/// The addresses of the OCSP responders in the authority information access.
@unsafe
func responders(of handle: OpaquePointer) throws(CertificateError) -> [String] {
    var criticality: Int32 = 0
    guard let found = unsafe X509_get_ext_d2i(handle, NID_info_access, &criticality, nil) else {
        guard criticality == -1 else { throw .badExtension("authorityInfoAccess") }
        return []
    }
    let stack = OpaquePointer(found)
    defer { unsafe AUTHORITY_INFO_ACCESS_free(stack) }
    var addresses: [String] = []
    for index in 0..<max(0, unsafe OPENSSL_sk_num(stack)) {
        guard
            let access = unsafe OPENSSL_sk_value(stack, index)?
                .assumingMemoryBound(to: ACCESS_DESCRIPTION.self),
            unsafe OBJ_obj2nid(access.pointee.method) == NID_ad_OCSP,
            let location = unsafe access.pointee.location,
            let address = unsafe address(location)
        else { continue }
        addresses.append(address)
    }
    return Array(addresses.prefix(X509Certificate.addressesMax))
}
