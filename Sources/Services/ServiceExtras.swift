package import CASProtocol
package import Platform

/// What only some definitions say; the values that are given here are Apereo's defaults.
package struct ServiceExtras: Sendable {
    package var proxyPolicy: ProxyPolicy = .refuse
    /// How a ticket reaches the service; `nil` is by redirect.
    package var responseType: ResponseType?
    /// Where the ticket is sent instead of to the service URL.
    package var redirectURL: ServiceURL?
    /// The protocols that tickets of the service may be validated with; none means all.
    package var supportedProtocols: Set<ServiceProtocol> = []
    package var expiration: DefinitionExpiry?
    package var lifetimes = ServiceLifetimes()
    /// Whether a login that was asked for with `renew` gives the browser a session; `nil` leaves it
    /// to the configuration (`singleSignOnParticipationPolicy`).
    package var setsCookieOnRenewal: Bool?
    package var contacts: [ServiceContact] = []
    package var publicKey: PublicKeyLocation?
    /// What the tokens of the service are like; `nil` if its tickets are no tokens.
    package var ticketTokens: ServiceTicketTokens?
    /// The secrets of tokens that log users in on the way to the service.
    package var tokenLogin: ServiceTokenLogin?
    /// Whether there is no `accessStrategy` in a text that could be cut short and still be read.
    var mayLackAccessStrategy = false

    package init() {}
}

extension RegisteredService {
    package var proxyPolicy: ProxyPolicy { extras.proxyPolicy }
    /// How a ticket reaches the service; `nil` is by redirect.
    package var responseType: ResponseType? { extras.responseType }
    /// Where the ticket is sent instead of to the service URL.
    package var redirectURL: ServiceURL? { extras.redirectURL }
    /// The protocols that tickets of the service may be validated with; none means all.
    package var supportedProtocols: Set<ServiceProtocol> { extras.supportedProtocols }
    package var expiration: DefinitionExpiry? { extras.expiration }
    package var lifetimes: ServiceLifetimes { extras.lifetimes }
    /// Whether a renewed login gives the browser a session; `nil` leaves it to the configuration.
    package var setsCookieOnRenewal: Bool? { extras.setsCookieOnRenewal }
    package var contacts: [ServiceContact] { extras.contacts }
    package var publicKey: PublicKeyLocation? { extras.publicKey }
    /// What the tokens of the service are like; `nil` if its tickets are no tokens.
    package var ticketTokens: ServiceTicketTokens? { extras.ticketTokens }
    /// The secrets of tokens that log users in on the way to the service.
    package var tokenLogin: ServiceTokenLogin? { extras.tokenLogin }

    /// Whether tickets of the service may be validated with a protocol.
    package func supports(_ version: ServiceProtocol) -> Bool {
        extras.supportedProtocols.isEmpty || extras.supportedProtocols.contains(version)
    }
}

/// How a ticket reaches a service.
package enum ResponseType: String, Hashable, Sendable, CaseIterable {
    case redirect = "REDIRECT"
    case post = "POST"
    case header = "HEADER"
}

/// A version of the protocol, as definitions name it.
package enum ServiceProtocol: String, Hashable, Sendable, CaseIterable {
    case cas1 = "CAS10"
    case cas2 = "CAS20"
    case cas3 = "CAS30"
    case saml1 = "SAML1"
}

/// When a definition stops to count (`expirationPolicy`).
package struct DefinitionExpiry: Hashable, Sendable {
    /// From this moment on nobody may enter.
    package let date: Instant
    /// What the definition asks for and does not get: casd never deletes a file.
    package let asksForDeletion: Bool

    package init(date: Instant, asksForDeletion: Bool = false) {
        self.date = date
        self.asksForDeletion = asksForDeletion
    }

    package func isOver(at now: Instant) -> Bool { now >= date }
}

/// How long tickets of a service live; `nil` leaves it to the configuration.
package struct ServiceLifetimes: Hashable, Sendable {
    package var serviceTicket: Duration?
    package var proxyTicket: Duration?
    /// Of a session that begins with a login to this service.
    package var session: SessionLimit?
    package var proxyGranting: Duration?

    package init(
        serviceTicket: Duration? = nil, proxyTicket: Duration? = nil,
        session: SessionLimit? = nil, proxyGranting: Duration? = nil
    ) {
        self.serviceTicket = serviceTicket
        self.proxyTicket = proxyTicket
        self.session = session
        self.proxyGranting = proxyGranting
    }
}

/// How long a session lives; `nil` leaves a limit to the configuration.
package struct SessionLimit: Hashable, Sendable {
    /// From the login on, used or not.
    package let hard: Duration?
    /// Since it was used last.
    package let idle: Duration?

    package init(hard: Duration? = nil, idle: Duration? = nil) {
        self.hard = hard
        self.idle = idle
    }
}

/// What a page may show of a service; nothing is decided by it, and nothing of it is checked.
package struct ServiceLinks: Hashable, Sendable {
    package let logo: String?
    package let informationUrl: String?
    package let privacyUrl: String?
    /// The name of a theme.
    package let theme: String?

    package init(
        logo: String? = nil, informationUrl: String? = nil, privacyUrl: String? = nil,
        theme: String? = nil
    ) {
        self.logo = logo
        self.informationUrl = informationUrl
        self.privacyUrl = privacyUrl
        self.theme = theme
    }
}

/// Somebody who looks after a service.
package struct ServiceContact: Hashable, Sendable {
    package let name: String
    package let email: String?
    package let phone: String?
    package let department: String?

    package init(
        name: String, email: String? = nil, phone: String? = nil, department: String? = nil
    ) {
        self.name = name
        self.email = email
        self.phone = phone
        self.department = department
    }
}

/// Where the RSA public key of a service is.
package struct PublicKeyLocation: Hashable, Sendable {
    /// The path of a file, without `file:` in front.
    package let path: String

    package init(path: String) {
        self.path = path
    }
}
