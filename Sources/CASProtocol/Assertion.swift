/// What validation tells a service about its user (CAS 3.0 §2.5).
package struct Assertion: Hashable, Sendable {
    /// The user's name as this service shall know it.
    package let user: String
    /// The attributes that this service may see.
    package let attributes: Attributes
    package let event: AuthenticationEvent
    /// Whether the user presented credentials for this very ticket.
    package let isFromNewLogin: Bool
    /// The proxies between the user and the service, the most recent first (CAS 3.0 §2.6.2).
    package let proxies: [String]
    /// Whether the service may see when and how the user was authenticated.
    package let showsEvent: Bool
    /// The PGTIOU of the proxy-granting ticket that the service's callback was given (CAS 3.0
    /// §2.5.4).
    package var proxyGrantingTicketReceipt: String?
    /// The proxy-granting ticket itself, encrypted for the service's public key, in Base64.
    ///
    /// It is written as an attribute of that name, which no attribute of a principal can have,
    /// and never into a SAML answer.
    package var proxyGrantingTicket: String?

    package init(
        user: String, attributes: Attributes, event: AuthenticationEvent, isFromNewLogin: Bool,
        proxies: [String] = [], showsEvent: Bool = true,
        proxyGrantingTicketReceipt: String? = nil, proxyGrantingTicket: String? = nil
    ) {
        self.user = user
        self.attributes = attributes
        self.event = event
        self.isFromNewLogin = isFromNewLogin
        self.proxies = proxies
        self.showsEvent = showsEvent
        self.proxyGrantingTicketReceipt = proxyGrantingTicketReceipt
        self.proxyGrantingTicket = proxyGrantingTicket
    }
}
