internal import HTTP
internal import Services

/// `/v1/services`: the service definitions, for those who may change them.
struct ServicesResource: Sendable {
    let site: Site
    let services: ServiceCatalog
    let checks: CredentialChecks
    let writer: ServiceDirectory.Writer
    let rule: ServiceManagementRule
    let throttledStatus: Status

    /// - Returns: `nil` if nobody may change definitions over REST.
    init?(_ configuration: Configuration, _ dependencies: App.Dependencies, _ parts: Parts) {
        guard configuration.rest.isEnabled, let management = configuration.rest.services else {
            return nil
        }
        site = parts.site
        services = dependencies.services
        checks = parts.checks
        writer = ServiceDirectory.Writer(
            directory: configuration.services.directory,
            templates: configuration.services.templates,
            lockFile: configuration.state.runtimeDirectory + "/services.lock")
        rule = ServiceManagementRule(management)
        throttledStatus = Status(rawValue: configuration.throttle.restStatus) ?? .locked
    }

    func respond(to request: Request, _ route: Route, segment: String) -> Response {
        RESTAnswer.problem(.notImplemented, detail: "not there")
    }
}
