internal import COpenSSL
internal import Platform

/// What is read out of a parsed certificate, once.
struct CertificateFacts {
    let subject: DistinguishedName
    let issuer: DistinguishedName
    let serialNumber: SerialNumber
    let validity: ClosedRange<Instant>
    let alternativeNames: AlternativeNames
    let usage: KeyUsage
    let isCertificateAuthority: Bool
    let pathLength: Int?
    let signatureAlgorithm: String
    let publicKeyDigest: [UInt8]
    let points: DistributionPoints
    let ocspResponders: [String]
    let hasNoCheck: Bool
    let subjectKeyIdentifier: [UInt8]?

    @unsafe
    init(_ handle: OpaquePointer) throws(CertificateError) {
        // Also makes OpenSSL read all extensions, and notice those that it cannot read.
        let authority = unsafe X509_check_ca(handle)
        guard unsafe X509_get_extension_flags(handle) & UInt32(EXFLAG_INVALID) == 0 else {
            throw .badExtension("basicConstraints, keyUsage or another known one")
        }
        isCertificateAuthority = authority != 0
        subject = unsafe DistinguishedName(X509_get_subject_name(handle))
        issuer = unsafe DistinguishedName(X509_get_issuer_name(handle))
        serialNumber = try unsafe SerialNumber(X509_get0_serialNumber(handle))
        guard let first = unsafe Instant(X509_get0_notBefore(handle)),
            let last = unsafe Instant(X509_get0_notAfter(handle))
        else { throw .badCertificate("the validity cannot be read") }
        // A certificate may end before it begins; it is then never valid.
        validity = first...max(first, last)
        guard last >= first else { throw .badCertificate("it ends before it begins") }
        alternativeNames = try unsafe AlternativeNames(of: handle)
        usage = try unsafe KeyUsage(of: handle)
        let length = unsafe X509_get_pathlen(handle)
        pathLength = length >= 0 ? Int(length) : nil
        var algorithm: UnsafePointer<X509_ALGOR>?
        var identifier: OpaquePointer?
        unsafe X509_get0_signature(nil, &algorithm, handle)
        unsafe X509_ALGOR_get0(&identifier, nil, nil, algorithm)
        signatureAlgorithm = unsafe dottedIdentifier(identifier)
        publicKeyDigest = try unsafe digestOfKey(handle)
        points = try unsafe DistributionPoints(of: handle)
        ocspResponders = try unsafe responders(of: handle)
        hasNoCheck = unsafe X509_get_ext_by_NID(handle, NID_id_pkix_OCSP_noCheck, -1) >= 0
        subjectKeyIdentifier = unsafe X509_get0_subject_key_id(handle).map { unsafe content($0) }
    }
}

/// An object identifier with dots, empty if there is none.
func dottedIdentifier(_ object: OpaquePointer?) -> String {
    guard let object = unsafe object else { return "" }
    var buffer = [CChar](repeating: 0, count: 256)
    let count = unsafe OBJ_obj2txt(&buffer, Int32(buffer.count), object, 1)
    guard count > 0, count < buffer.count else { return "" }
    return text(buffer.prefix(Int(count)).map(UInt8.init(bitPattern:)))
}

private func text(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: Array(bytes), as: UTF8.self)
}

/// The content of a string, without tag and length.
@unsafe
func content(_ string: UnsafePointer<ASN1_STRING>) -> [UInt8] {
    guard let start = unsafe ASN1_STRING_get0_data(string) else { return [] }
    return unsafe Array(UnsafeBufferPointer(start: start, count: Int(ASN1_STRING_length(string))))
}

extension DistinguishedName {
    @unsafe
    init(_ name: OpaquePointer?) {
        var groups: [[Attribute]] = []
        var group: Int32?
        for index in 0..<max(0, unsafe X509_NAME_entry_count(name)) {
            guard let entry = unsafe X509_NAME_get_entry(name, index) else { continue }
            let attribute = unsafe Attribute(entry)
            let set = unsafe X509_NAME_ENTRY_set(entry)
            if set == group, !groups.isEmpty {
                groups[groups.count - 1].append(attribute)
            } else {
                groups.append([attribute])
            }
            group = set
        }
        self.groups = groups
    }
}

extension DistinguishedName.Attribute {
    @unsafe
    fileprivate init(_ entry: OpaquePointer) {
        identifier = unsafe dottedIdentifier(X509_NAME_ENTRY_get_object(entry))
        guard let value = unsafe X509_NAME_ENTRY_get_data(entry) else {
            text = nil
            der = []
            return
        }
        var encoded: UnsafeMutablePointer<UInt8>?
        let length = unsafe i2d_ASN1_PRINTABLE(value, &encoded)
        der =
            unsafe length > 0
            ? Array(UnsafeBufferPointer(start: encoded, count: Int(length))) : []
        unsafe CRYPTO_free(encoded, #file, #line)
        var converted: UnsafeMutablePointer<UInt8>?
        let count = unsafe ASN1_STRING_to_UTF8(&converted, value)
        let isText = [
            V_ASN1_UTF8STRING, V_ASN1_PRINTABLESTRING, V_ASN1_T61STRING, V_ASN1_IA5STRING,
            V_ASN1_GENERALSTRING, V_ASN1_BMPSTRING,
        ].contains(unsafe ASN1_STRING_type(value))
        text =
            unsafe isText && count >= 0
            ? String(
                validating: UnsafeBufferPointer(start: converted, count: Int(count)),
                as: UTF8.self)
            : nil
        unsafe CRYPTO_free(converted, #file, #line)
        ERR_clear_error()
    }
}

extension Instant {
    @unsafe
    init?(_ time: UnsafePointer<ASN1_TIME>?) {
        var parts = unsafe tm()
        guard let time = unsafe time, unsafe ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
        let day = unsafe CivilDate(
            year: Int64(parts.tm_year) + 1900, month: Int64(parts.tm_mon) + 1,
            day: Int64(parts.tm_mday))
        let second =
            unsafe Int64(parts.tm_hour) * 3600 + Int64(parts.tm_min) * 60 + Int64(parts.tm_sec)
        self.init(milliseconds: (day.daysSinceEpoch * 86_400 + second) * 1000)
    }
}

extension AlternativeNames {
    private static let userPrincipalName = "1.3.6.1.4.1.311.20.2.3"

    @unsafe
    fileprivate init(of handle: OpaquePointer) throws(CertificateError) {
        var criticality: Int32 = 0
        guard
            let names = unsafe X509_get_ext_d2i(
                handle, NID_subject_alt_name, &criticality, nil)
        else {
            guard criticality == -1 else { throw .badExtension("subjectAltName") }
            return
        }
        let stack = OpaquePointer(names)
        defer { unsafe GENERAL_NAMES_free(stack) }
        for index in 0..<max(0, unsafe OPENSSL_sk_num(stack)) {
            guard let name = unsafe OPENSSL_sk_value(stack, index) else { continue }
            try unsafe add(name.assumingMemoryBound(to: GENERAL_NAME.self))
        }
    }

    @unsafe
    private mutating func add(_ name: UnsafePointer<GENERAL_NAME>) throws(CertificateError) {
        var type: Int32 = 0
        guard let value = unsafe GENERAL_NAME_get0_value(name, &type) else { return }
        switch type {
        case GEN_EMAIL:
            emails.append(try unsafe ia5Text(value))
        case GEN_URI:
            uris.append(try unsafe ia5Text(value))
        case GEN_DNS:
            dnsNames.append(try unsafe ia5Text(value))
        case GEN_OTHERNAME:
            var identifier: OpaquePointer?
            var other: UnsafeMutablePointer<ASN1_TYPE>?
            guard unsafe GENERAL_NAME_get0_otherName(name, &identifier, &other) == 1,
                unsafe dottedIdentifier(identifier) == Self.userPrincipalName,
                let other = unsafe other
            else { return }
            let kind = unsafe ASN1_TYPE_get(other)
            guard kind == V_ASN1_UTF8STRING || kind == V_ASN1_OCTET_STRING,
                let string = unsafe other.pointee.value.asn1_string,
                let text = String(validating: unsafe content(string), as: UTF8.self),
                !text.utf8.contains(0)
            else { throw .badExtension("subjectAltName") }
            userPrincipalNames.append(text)
        default:
            return
        }
    }

    /// A name in ASCII; one with a NUL inside is a forgery (CVE-2009-2408 and its kind).
    @unsafe
    private func ia5Text(_ value: UnsafeMutableRawPointer) throws(CertificateError) -> String {
        let ascii = unsafe content(value.assumingMemoryBound(to: ASN1_STRING.self))
        guard ascii.allSatisfy({ (0x20..<0x7F).contains($0) }) else {
            throw .badExtension("subjectAltName")
        }
        return text(ascii)
    }
}

extension KeyUsage {
    @unsafe
    fileprivate init(of handle: OpaquePointer) throws(CertificateError) {
        let place = unsafe X509_get_ext_by_NID(handle, NID_key_usage, -1)
        if place >= 0 {
            bits = unsafe X509_get_key_usage(handle)
            isCritical = unsafe X509_EXTENSION_get_critical(X509_get_ext(handle, place)) == 1
        } else {
            bits = nil
            isCritical = false
        }
        var criticality: Int32 = 0
        guard let usages = unsafe X509_get_ext_d2i(handle, NID_ext_key_usage, &criticality, nil)
        else {
            guard criticality == -1 else { throw .badExtension("extendedKeyUsage") }
            extended = nil
            return
        }
        let stack = OpaquePointer(usages)
        defer { unsafe EXTENDED_KEY_USAGE_free(stack) }
        extended = (0..<max(0, unsafe OPENSSL_sk_num(stack))).map { index in
            unsafe dottedIdentifier(OPENSSL_sk_value(stack, index).map { OpaquePointer($0) })
        }
    }
}
