internal import CASProtocol

/// What makes a ticket a proxy-granting one (CAS 3.0 §3.3): whose it is and on what it rests.
package struct ProxyGrant: Hashable, Sendable {
    /// The session at the bottom; the ticket dies with it.
    package let root: TicketHandle
    /// The service whose ticket was validated with the callback.
    package let service: String
    /// The callback addresses of the chain, the most recent first: its own is the first.
    package let proxies: [String]

    package init(root: TicketHandle, service: String, proxies: [String]) {
        self.root = root
        self.service = service
        self.proxies = proxies
    }
}

/// The session of another CAS server with which somebody logged in here.
package struct UpstreamSession: Hashable, Sendable {
    /// The name of the server in the configuration.
    package let provider: String
    /// Its service ticket, by which its logout message names the session.
    package let ticket: String

    package init(provider: String, ticket: String) {
        self.provider = provider
        self.ticket = ticket
    }
}

extension TicketGrantingTicket {
    /// Whether each text is short enough to be stored; attributes are not looked at.
    package var hasStorableTexts: Bool {
        let texts =
            [principal.id, proxy?.service ?? ""] + (proxy?.proxies ?? [])
            + [upstream?.provider ?? "", upstream?.ticket ?? ""]
        return texts.allSatisfy { $0.utf8.count <= TextLimit.stored }
    }
}
