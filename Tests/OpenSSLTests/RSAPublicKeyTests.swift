import OpenSSL
import Platform
import TestSupport
import Testing

@Suite("RSA public keys of services") struct RSAPublicKeyTests {
    /// A key pair made by the `openssl` command, in a folder that goes away with it.
    private struct Pair {
        let folder: TemporaryDirectory
        let publicFile: String
        let publicKey: [UInt8]

        init(_ algorithm: [String]) throws {
            folder = try TemporaryDirectory()
            publicFile = folder.file("public.pem")
            try openssl(["genpkey", "-out", folder.file("private.pem")] + algorithm)
            try openssl(["pkey", "-in", folder.file("private.pem"), "-pubout", "-out", publicFile])
            publicKey = try File.read(publicFile)
        }

        static func rsa(bits: Int) throws -> Pair {
            try Pair(["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:\(bits)"])
        }
    }

    @Test func `what is encrypted is read with the private key, from PEM and from DER`() throws {
        let pair = try Pair.rsa(bits: 2048)
        let der = pair.folder.file("public.der")
        try openssl(["pkey", "-pubin", "-in", pair.publicFile, "-outform", "DER", "-out", der])
        for content in [pair.publicKey, try File.read(der)] {
            let encrypted = try RSAPublicKey(content).encrypt(Array("PGT-1".utf8))
            try File.replace(pair.folder.file("in"), with: encrypted)
            try openssl([
                "pkeyutl", "-decrypt", "-inkey", pair.folder.file("private.pem"), "-in",
                pair.folder.file("in"), "-out", pair.folder.file("out"),
            ])
            #expect(try File.readText(pair.folder.file("out")) == "PGT-1")
        }
    }

    @Test func `no two encryptions are the same, and a text that is too long is refused`() throws {
        let key = try RSAPublicKey(try Pair.rsa(bits: 2048).publicKey)
        #expect(try key.encrypt([1]) != key.encrypt([1]))
        #expect(throws: OpenSSLError.self) { try key.encrypt([UInt8](repeating: 1, count: 246)) }
    }

    @Test func `short keys, keys of other kinds and noise are refused`() throws {
        let short = try Pair.rsa(bits: 1024)
        #expect(throws: OpenSSLError.self) { try RSAPublicKey(short.publicKey) }
        let curve = try Pair(["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"])
        #expect(throws: OpenSSLError.self) { try RSAPublicKey(curve.publicKey) }
        for noise in [[], [0x30], Array("-----BEGIN PUBLIC KEY-----".utf8)] as [[UInt8]] {
            #expect(throws: OpenSSLError.self) { try RSAPublicKey(noise) }
        }
    }
}
