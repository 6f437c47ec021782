// swift-tools-version: 6.2
import PackageDescription

// The target graph is the architecture: a row may import the rows below it and nothing else.
// `TidyTests` holds this table, and the build checks that every import is declared.

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

func module(
    _ name: String,
    _ dependencies: [Target.Dependency] = [],
    resources: [Resource]? = nil
) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

func tests(
    _ name: String,
    _ dependencies: [Target.Dependency],
    exclude: [String] = []
) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let argumentParser: Target.Dependency = .product(
    name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "casd",
    products: [.executable(name: "casd", targets: ["casd"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    ],
    targets: [
        // The program
        .executableTarget(
            name: "casd", dependencies: ["CASServer", argumentParser], swiftSettings: settings),

        // 4. Endpoints, pages, configuration, processes
        module(
            "CASServer",
            [
                "SSO", "TicketStores", "Authentication", "Services", "Tickets", "CASProtocol",
                "HTTP", "JOSE", "FastCGI", "OpenSSL", "Outbound", "PCRE", "Password", "YAML",
                "JSON", "Platform", logging,
            ],
            resources: [
                .embedInCode("Resources/casd.css"), .embedInCode("Resources/openapi.json"),
            ]),

        // 3. Decisions and state
        module("SSO", ["CASProtocol", "Services", "Tickets", "Platform"]),
        module("TicketStores", ["Tickets", "CASProtocol", "LMDB", "OpenSSL", "Platform"]),
        module(
            "Authentication",
            ["CASProtocol", "OpenSSL", "Outbound", "Password", "PCRE", "JSON", "Platform"]),

        // 2. What is registered, what is granted
        module("Services", ["CASProtocol", "JOSE", "PCRE", "OpenSSL", "YAML", "JSON", "Platform"]),
        module("Tickets", ["CASProtocol", "OpenSSL", "Platform"]),

        // 1. Values and wire formats
        module("CASProtocol", ["XML", "JSON", "Platform"]),
        module("HTTP", ["Platform"]),
        module("JOSE", ["OpenSSL", "Deflate", "JSON", "Platform"]),

        // 0. One wrapper per C library, and two small foundations
        module("FastCGI", ["CFastCGI", "Platform"]),
        module("OpenSSL", ["COpenSSL", "Platform"]),
        module("LMDB", ["CLMDB", "Platform"]),
        module("PCRE", ["CPCRE2", "Platform"]),
        module("Password", ["CPassword", "Platform"]),
        module("YAML", ["CYAML", "Platform"]),
        module("XML", ["CExpat"]),
        module("Outbound", ["CCurl", "Platform"]),
        module("Deflate", ["CZlib"]),
        module("JSON"),
        module("Platform", ["CPlatform"]),

        // System libraries
        .systemLibrary(name: "CFastCGI", providers: [.apt(["libfcgi-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLMDB", providers: [.apt(["liblmdb-dev"])]),
        .systemLibrary(
            name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
        .systemLibrary(name: "CPassword", providers: [.apt(["libcrypt-dev", "libargon2-dev"])]),
        .systemLibrary(
            name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CExpat", pkgConfig: "expat", providers: [.apt(["libexpat1-dev"])]),
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CPlatform"),

        // Tests
        .target(
            name: "TestSupport",
            dependencies: [
                "CASProtocol", "HTTP", "Tickets", "Services", "Authentication", "JSON", "Platform",
            ],
            path: "Tests/TestSupport", swiftSettings: settings),
        tests("PlatformTests", ["Platform", "TestSupport"]),
        tests("JSONTests", ["JSON"]),
        tests("YAMLTests", ["YAML"]),
        tests("XMLTests", ["XML", "TestSupport"]),
        tests(
            "OutboundTests", ["Outbound", "TestSupport", "Platform"], exclude: ["Scripts"]),
        tests("FastCGITests", ["FastCGI", "TestSupport", "Platform"]),
        tests("OpenSSLTests", ["OpenSSL", "TestSupport", "Platform"]),
        tests("PCRETests", ["PCRE"]),
        tests("LMDBTests", ["LMDB", "TestSupport", "Platform"]),
        tests("PasswordTests", ["Password"]),
        tests("HTTPTests", ["HTTP"]),
        tests("DeflateTests", ["Deflate"]),
        tests("JOSETests", ["JOSE", "OpenSSL", "TestSupport", "JSON", "Platform"]),
        tests(
            "CASProtocolTests", ["CASProtocol", "XML", "JSON", "Platform", "TestSupport"],
            exclude: ["Golden"]),
        tests(
            "ServicesTests", ["Services", "CASProtocol", "JOSE", "JSON", "Platform", "TestSupport"]),
        tests("TicketsTests", ["Tickets", "CASProtocol", "Platform", "TestSupport"]),
        tests(
            "TicketStoresTests",
            ["TicketStores", "Tickets", "LMDB", "CASProtocol", "Platform", "TestSupport"]),
        tests(
            "AuthenticationTests",
            [
                "Authentication", "CASProtocol", "OpenSSL", "Outbound", "Password", "JSON",
                "Platform", "TestSupport",
            ]),
        tests(
            "SSOTests", ["SSO", "Services", "Tickets", "CASProtocol", "Platform", "TestSupport"]),
        tests(
            "CASServerTests",
            [
                "CASServer", "SSO", "TicketStores", "Authentication", "Services", "Tickets",
                "CASProtocol", "HTTP", "JOSE", "FastCGI", "OpenSSL", "Outbound", "Password", "XML",
                "JSON", "Platform", "TestSupport",
            ]),
        tests("TidyTests", ["Platform"]),
        tests("EndToEndTests", ["Platform", "TestSupport"], exclude: ["Scripts"]),
    ]
)
