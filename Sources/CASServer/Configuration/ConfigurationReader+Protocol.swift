internal import CASProtocol
internal import Platform

extension ConfigurationReader {
    func readSSO(_ section: ConfigurationSection, _ configuration: inout Configuration) {
        configuration.sso.cookieOnRenew = section.bool(
            "cookie_on_renew", default: configuration.sso.cookieOnRenew)
        if let service = section.string("default_service") {
            do {
                _ = try ServiceURL(service, bytesMax: configuration.limits.serviceURLBytes)
                configuration.sso.defaultService = service
            } catch {
                section.report("default_service", "is not a service address (\(error))")
            }
        }
        configuration.sso.offersWarning = section.bool(
            "offer_warning", default: configuration.sso.offersWarning)
        configuration.sso.offersPublicWorkstation = section.bool(
            "offer_public_workstation", default: configuration.sso.offersPublicWorkstation)
        section.finish()
    }

    func readProtocol(
        _ section: ConfigurationSection, _ options: inout Configuration.ProtocolOptions
    ) {
        options.attributesOnServiceValidate = section.bool(
            "attributes_on_service_validate", default: options.attributesOnServiceValidate)
        let proxy = section.section("proxy")
        options.allowsProxies = proxy.bool("enabled", default: options.allowsProxies)
        proxy.finish()
        let saml1 = section.section("saml1")
        options.saml1.isEnabled = saml1.bool("enabled", default: options.saml1.isEnabled)
        options.saml1.issuer = saml1.string("issuer")
        options.saml1.lifetime = saml1.duration(
            "lifetime", default: options.saml1.lifetime, in: .seconds(1)...(.seconds(300)))
        saml1.finish()
        section.finish()
    }

    func readLogout(_ section: ConfigurationSection, _ logout: inout Configuration.Logout) {
        logout.followService = section.bool("follow_service", default: logout.followService)
        logout.confirms = section.bool("confirm", default: logout.confirms)
        logout.isSingle = section.bool("single_logout", default: logout.isSingle)
        logout.onExpiry = section.bool("on_expiry", default: logout.onExpiry)
        if logout.onExpiry, !logout.isSingle {
            section.report("on_expiry", "needs logout.single_logout")
        }
        section.finish()
    }

    func readServices(
        _ section: ConfigurationSection, _ services: inout Configuration.Services
    ) {
        services.directory = section.string("directory").map(resolved) ?? services.directory
        services.reload = section.bool("reload", default: services.reload)
        services.templates = section.string("templates").map(resolved)
        services.themes = section.string("themes").map(resolved)
        services.defaultAttributes = section.strings("default_attributes")
        section.finish()
    }
}
