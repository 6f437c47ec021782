import Testing

extension Tag {
    /// Tests that run the real thing: processes, sockets, other people's programs.
    @Tag static var endToEnd: Self
}

/// casd behind nginx as it is shipped, and the programs that people use with it.
@Suite("End to end", .serialized, .tags(.endToEnd), .deployed)
enum EndToEnd {
    /// The deployment that all suites share.
    static var site: Deployment {
        get throws { try #require(Deployment.shared, "the deployment did not start") }
    }
}

/// Runs a suite with a deployment, which is stopped whatever happens, and looks through its logs
/// for secrets at the end.
struct DeployedTrait: SuiteTrait, TestScoping {
    var isRecursive: Bool { false }

    func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        let deployment = try Deployment()
        defer { deployment.end() }
        try await Deployment.$shared.withValue(deployment) { try await function() }
        let leaks = try deployment.leaks()
        #expect(leaks.isEmpty, "no log may hold a ticket or a password")
    }
}

extension Trait where Self == DeployedTrait {
    /// With a deployment that all tests of the suite share.
    static var deployed: Self { DeployedTrait() }
}
