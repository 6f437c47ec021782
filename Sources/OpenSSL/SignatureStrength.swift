internal import COpenSSL

/// The bits of strength that signatures, digests and keys must have, as for paths: neither SHA-1
/// nor RSA below 2048.
private let strengthMin: Int32 = 112

/// What is wrong with an algorithm of signatures, `nil` if it is strong enough.
@unsafe
func weakness(of algorithm: UnsafePointer<X509_ALGOR>) -> String? {
    var object: OpaquePointer?
    unsafe X509_ALGOR_get0(&object, nil, nil, algorithm)
    let name = unsafe dottedIdentifier(object)
    var digest = NID_undef
    var key = NID_undef
    guard unsafe OBJ_find_sigid_algs(OBJ_obj2nid(object), &digest, &key) == 1 else {
        return "unknown algorithm \(name)"
    }
    if key == NID_rsassaPss { digest = unsafe digestOfPSS(algorithm) }
    // These have their digest built in.
    if key == NID_ED25519 || key == NID_ED448 { return nil }
    let size = unsafe EVP_get_digestbyname(OBJ_nid2sn(digest)).map { unsafe EVP_MD_get_size($0) }
    // Half of a digest's bits, for collisions.
    guard let size = size, size * 4 >= strengthMin else { return "digest of \(name)" }
    return nil
}

/// The digest that the parameters of RSASSA-PSS name (RFC 4055 §3.1); SHA-1 if they do not say.
@unsafe
private func digestOfPSS(_ algorithm: UnsafePointer<X509_ALGOR>) -> Int32 {
    var type: Int32 = 0
    var value: UnsafeRawPointer?
    unsafe X509_ALGOR_get0(nil, &type, &value, algorithm)
    guard type == V_ASN1_SEQUENCE, let value = unsafe value else { return NID_sha1 }
    let der = unsafe content(value.assumingMemoryBound(to: ASN1_STRING.self))
    let parameters = unsafe der.withUnsafeBufferPointer { buffer in
        var position = buffer.baseAddress
        return unsafe d2i_RSA_PSS_PARAMS(nil, &position, buffer.count)
    }
    defer { unsafe RSA_PSS_PARAMS_free(parameters) }
    guard let hash = unsafe parameters?.pointee.hashAlgorithm else { return NID_sha1 }
    var object: OpaquePointer?
    unsafe X509_ALGOR_get0(&object, nil, nil, hash)
    return unsafe OBJ_obj2nid(object)
}

/// What is wrong with a public key, `nil` if it is strong enough.
@unsafe
func weakness(ofKey key: OpaquePointer) -> String? {
    let bits = unsafe EVP_PKEY_get_security_bits(key)
    return bits >= strengthMin ? nil : "key of \(bits) bits of strength"
}
