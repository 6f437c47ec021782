internal import COpenSSL

/// The numbers that a key is made of, big-endian without zeros in front if not said otherwise.
package enum KeyComponents: Hashable, Sendable {
    case rsa(modulus: [UInt8], exponent: [UInt8], private: RSAPrivateComponents?)
    /// Coordinates and private number have the curve's full length.
    case ec(EllipticCurve, x: [UInt8], y: [UInt8], private: [UInt8]?)
    /// Both as RFC 8032 encodes them, 32 bytes.
    case ed25519(public: [UInt8], private: [UInt8]?)
}

/// The private numbers of RSA; the names are those of RFC 7518 §6.3.2.
package struct RSAPrivateComponents: Hashable, Sendable {
    package var d: [UInt8]
    package var p: [UInt8]
    package var q: [UInt8]
    package var dp: [UInt8]
    package var dq: [UInt8]
    package var qi: [UInt8]

    package init(
        d: [UInt8], p: [UInt8], q: [UInt8], dp: [UInt8], dq: [UInt8], qi: [UInt8]
    ) {
        self.d = d
        self.p = p
        self.q = q
        self.dp = dp
        self.dq = dq
        self.qi = qi
    }
}

extension AsymmetricKey {
    /// Makes a key of its numbers.
    ///
    /// - Throws: If they are none, or the private ones belong to another key.
    package convenience init(_ components: KeyComponents) throws(AsymmetricKeyError) {
        let made: (handle: OpaquePointer?, isPrivate: Bool)
        switch components {
        case .rsa(let modulus, let exponent, let secret):
            guard max(modulus.count, secret?.d.count ?? 0) <= Self.rsaBits.upperBound / 8 else {
                throw AsymmetricKeyError("RSA of more than \(Self.rsaBits.upperBound) bits")
            }
            unsafe made = (rsa(modulus, exponent, secret), secret != nil)
        case .ec(let curve, let x, let y, let secret):
            let count = curve.coordinateBytes
            guard x.count == count, y.count == count, secret.map({ $0.count == count }) ?? true
            else { throw AsymmetricKeyError("numbers that have not the length of the curve") }
            unsafe made = (ec(curve, point: [4] + x + y, secret), secret != nil)
        case .ed25519(let point, let secret):
            unsafe made = (ed25519(secret ?? point, isPrivate: secret != nil), secret != nil)
        }
        guard let handle = unsafe made.handle else {
            throw AsymmetricKeyError("numbers that make no key")
        }
        try unsafe self.init(owning: handle, isPrivate: made.isPrivate)
        // With wrong primes OpenSSL signs all the same, only slower.
        if case .rsa(_, _, .some) = components, unsafe !areConsistent(handle) {
            throw AsymmetricKeyError("its private and its public half are of different keys")
        }
        // OpenSSL makes the public half of Ed25519 itself.
        guard case .ed25519(let point, _) = components else { return }
        guard case .ed25519(let own, _) = publicComponents, own == point else {
            throw AsymmetricKeyError("its private and its public half are of different keys")
        }
    }

    /// The numbers of the public half.
    package var publicComponents: KeyComponents {
        switch kind {
        case .rsa:
            return unsafe .rsa(
                modulus: number(OSSL_PKEY_PARAM_RSA_N, of: handle) ?? [],
                exponent: number(OSSL_PKEY_PARAM_RSA_E, of: handle) ?? [], private: nil)
        case .ec(let curve):
            return unsafe .ec(
                curve, x: coordinate(OSSL_PKEY_PARAM_EC_PUB_X, curve),
                y: coordinate(OSSL_PKEY_PARAM_EC_PUB_Y, curve), private: nil)
        case .ed25519:
            var bytes = [UInt8](repeating: 0, count: 32)
            var length = bytes.count
            unsafe EVP_PKEY_get_raw_public_key(handle, &bytes, &length)
            return .ed25519(public: bytes, private: nil)
        }
    }

    @unsafe
    private func coordinate(_ name: String, _ curve: EllipticCurve) -> [UInt8] {
        let bytes = unsafe number(name, of: handle) ?? []
        return [UInt8](repeating: 0, count: max(0, curve.coordinateBytes - bytes.count)) + bytes
    }
}

/// Whether primes, exponents and modulus belong together; takes tens of milliseconds.
@unsafe
private func areConsistent(_ key: OpaquePointer) -> Bool {
    guard let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, key, nil) else { return false }
    defer { unsafe EVP_PKEY_CTX_free(context) }
    return unsafe EVP_PKEY_check(context) == 1
}

private func rsa(
    _ modulus: [UInt8], _ exponent: [UInt8], _ secret: RSAPrivateComponents?
) -> OpaquePointer? {
    guard let parts = KeyParts() else { return nil }
    // OpenSSL's names, which Swift imports as texts that do not last.
    var numbers: [(StaticString, [UInt8])] = [("n", modulus), ("e", exponent)]
    if let secret {
        numbers += [
            ("d", secret.d), ("rsa-factor1", secret.p), ("rsa-factor2", secret.q),
            ("rsa-exponent1", secret.dp), ("rsa-exponent2", secret.dq),
            ("rsa-coefficient1", secret.qi),
        ]
    }
    for (name, bytes) in numbers where !parts.add(name, number: bytes) { return nil }
    return unsafe parts.key("RSA", isPrivate: secret != nil)
}

private func ec(
    _ curve: EllipticCurve, point: [UInt8], _ secret: [UInt8]?
) -> OpaquePointer? {
    guard let parts = KeyParts() else { return nil }
    // The builder keeps references until the key is made.
    return unsafe curve.group.withCString { group in
        unsafe point.withUnsafeBytes { point in
            guard
                unsafe OSSL_PARAM_BLD_push_utf8_string(
                    parts.builder, lasting("group"), group, 0) == 1,
                unsafe OSSL_PARAM_BLD_push_octet_string(
                    parts.builder, lasting("pub"), point.baseAddress, point.count) == 1
            else { return nil }
            if let secret, !parts.add("priv", number: secret) { return nil }
            return unsafe parts.key("EC", isPrivate: secret != nil)
        }
    }
}

private func ed25519(_ bytes: [UInt8], isPrivate: Bool) -> OpaquePointer? {
    guard bytes.count == 32 else { return nil }
    return isPrivate
        ? unsafe EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, bytes, bytes.count)
        : unsafe EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count)
}

/// The numbers of a key, on the way to OpenSSL; wiped afterwards.
@safe
private final class KeyParts {
    let builder: OpaquePointer
    private var numbers: [OpaquePointer] = unsafe []

    init?() {
        guard let builder = unsafe OSSL_PARAM_BLD_new() else { return nil }
        unsafe self.builder = builder
    }

    deinit {
        unsafe OSSL_PARAM_BLD_free(builder)
        while let number = unsafe numbers.popLast() { unsafe BN_clear_free(number) }
    }

    func add(_ name: StaticString, number bytes: [UInt8]) -> Bool {
        guard let number = unsafe BN_secure_new() else { return false }
        unsafe numbers.append(number)
        return unsafe BN_bin2bn(bytes, Int32(clamping: bytes.count), number) != nil
            && OSSL_PARAM_BLD_push_BN(builder, lasting(name), number) == 1
    }

    @unsafe
    func key(_ type: String, isPrivate: Bool) -> OpaquePointer? {
        guard let parameters = unsafe OSSL_PARAM_BLD_to_param(builder) else { return nil }
        defer { unsafe OSSL_PARAM_free(parameters) }
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, type, nil) else { return nil }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var handle: OpaquePointer?
        let selection =
            OSSL_KEYMGMT_SELECT_ALL_PARAMETERS | OSSL_KEYMGMT_SELECT_PUBLIC_KEY
            | (isPrivate ? OSSL_KEYMGMT_SELECT_PRIVATE_KEY : 0)
        guard unsafe EVP_PKEY_fromdata_init(context) == 1,
            unsafe EVP_PKEY_fromdata(context, &handle, selection, parameters) == 1
        else { return nil }
        return unsafe handle
    }
}
