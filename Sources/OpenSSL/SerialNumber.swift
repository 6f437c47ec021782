internal import COpenSSL
internal import Platform

extension SerialNumber {
    /// The number of hexadecimal digits, not negative.
    ///
    /// - Returns: `nil` if there are other characters, none, or more than ``bytesMax`` bytes.
    package init?(hexadecimal text: String) {
        let digits = text.utf8.count.isMultiple(of: 2) ? text : "0" + text
        guard var bytes = Platform.bytes(hexadecimal: digits), !bytes.isEmpty else { return nil }
        bytes = Array(bytes.drop { $0 == 0 })
        if bytes.first.map({ $0 >= 0x80 }) ?? true { bytes.insert(0, at: 0) }
        self.init(content: bytes)
    }

    /// The number whose DER has the given content.
    init?(content: [UInt8]) {
        guard (1...Self.bytesMax).contains(content.count) else { return nil }
        let der = [UInt8(V_ASN1_INTEGER), UInt8(content.count)] + content
        let integer = unsafe der.withUnsafeBufferPointer { buffer in
            var position = buffer.baseAddress
            return unsafe d2i_ASN1_INTEGER(nil, &position, buffer.count)
        }
        defer { unsafe ASN1_INTEGER_free(integer) }
        guard let integer = unsafe integer,
            let number = try? unsafe SerialNumber(integer)
        else {
            // What OpenSSL thinks of the content says no more than "no number".
            ERR_clear_error()
            return nil
        }
        self = number
    }

    @unsafe
    init(_ integer: UnsafePointer<ASN1_INTEGER>?) throws(CertificateError) {
        var encoded: UnsafeMutablePointer<UInt8>?
        let length = unsafe Int(i2d_ASN1_INTEGER(integer, &encoded))
        defer { unsafe CRYPTO_free(encoded, #file, #line) }
        guard length > 2, let start = unsafe encoded else {
            throw .badCertificate("the serial number cannot be read")
        }
        guard length <= Self.bytesMax + 2 else {
            throw .badCertificate("the serial number has more than \(Self.bytesMax) bytes")
        }
        bytes = unsafe Array(UnsafeBufferPointer(start: start + 2, count: length - 2))
        let number = unsafe ASN1_INTEGER_to_BN(integer, nil)
        let digits = unsafe number.flatMap { unsafe BN_bn2dec($0) }
        let hexDigits = unsafe number.flatMap { unsafe BN_bn2hex($0) }
        defer {
            unsafe BN_free(number)
            unsafe CRYPTO_free(digits, #file, #line)
            unsafe CRYPTO_free(hexDigits, #file, #line)
        }
        guard let digits = unsafe digits, let hexDigits = unsafe hexDigits else {
            throw .badCertificate("the serial number cannot be read")
        }
        decimal = unsafe String(cString: digits)
        hexadecimal = unsafe String(cString: hexDigits).lowercased()
    }
}
