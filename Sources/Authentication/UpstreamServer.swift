package import CASProtocol
package import Platform

/// Why an upstream server's word was not had, or not taken.
package enum UpstreamFailure: Error, Hashable, Sendable {
    /// It could not be asked; the text is the reason class of the outage.
    case unreachable(String)
    /// It refuses the ticket: its code.
    case refused(code: String)
    /// Its answer cannot be read.
    case unreadable(UpstreamAnswerFault)
    /// Its answer lacks the attribute that names the user, or has several values or one that can
    /// name nobody.
    case nameless(attribute: String)

    /// Whether trying again later may help.
    package var isOutage: Bool {
        switch self {
        case .unreachable, .unreadable: true
        case .refused, .nameless: false
        }
    }

    /// The reason class of the log line.
    package var reasonClass: String {
        switch self {
        case .unreachable: "upstream unreachable"
        case .refused: "upstream refused the ticket"
        case .unreadable: "upstream's answer not readable"
        case .nameless: "upstream names no user"
        }
    }

    /// What else the operator should know.
    package var operatorText: String {
        switch self {
        case .unreachable(let text), .refused(code: let text): text
        case .unreadable(let fault): fault.rawValue
        case .nameless(let attribute):
            "the attribute \(attribute) is missing, or its value can name nobody"
        }
    }
}

/// What an upstream server says about somebody.
package struct Vouched: Hashable, Sendable {
    package let principal: Principal
    package let event: AuthenticationEvent
    /// Whether it says that the user has just logged in there, by CAS 3.0.
    package let isFromNewLogin: Bool
}

/// Another CAS server that vouches for people: casd is one of its services.
package struct UpstreamServer: Sendable {
    /// The name in addresses, in policies and in logs.
    package let name: String
    /// The name for people.
    package let label: String
    package let version: UpstreamProtocol
    package var redirectsAutomatically = false
    package var forwardsLogout = false
    package var acceptsLogout = true
    /// The attribute that names the user; `nil` is the user of the answer.
    package var principalAttribute: String?
    /// What is added to every name.
    package var principalSuffix = ""
    /// The attributes that are taken and their names here; empty takes all.
    package var attributeNames: [(from: String, to: String)] = []
    /// What is put in front of the name of every attribute.
    package var attributePrefix = ""
    private let baseURL: String
    private let fetch: Fetch

    /// Gets a page of the upstream; only status 200 is an answer.
    package typealias Fetch = @Sendable (_ url: String) throws(UpstreamFailure) -> [UInt8]

    /// - Parameter baseURL: The upstream's address without `/login`.
    package init(
        name: String, label: String, baseURL: String, version: UpstreamProtocol,
        fetch: @escaping Fetch
    ) {
        self.name = name
        self.label = label
        self.baseURL = baseURL
        self.version = version
        self.fetch = fetch
    }

    /// Where a browser logs in, to be sent back to the service.
    package func loginAddress(service: String, isRenewal: Bool) -> String {
        baseURL + "/login?service=" + encoded(service) + (isRenewal ? "&renew=true" : "")
    }

    /// Where a browser ends the upstream's session, to be sent on if the upstream does so.
    package func logoutAddress(service: String) -> String {
        baseURL + "/logout?service=" + encoded(service)
    }

    /// Who the upstream says has come back with a ticket.
    ///
    /// - Parameters:
    ///   - service: The address to which the upstream sent the browser, without the ticket.
    ///   - requiresNewLogin: Whether the upstream must have asked for credentials just now.
    package func authenticate(
        ticket: String, service: String, requiresNewLogin: Bool = false, at now: Instant
    ) throws(UpstreamFailure) -> Vouched {
        let body = try fetch(
            baseURL + version.validatePath + "?service=" + encoded(service) + "&ticket="
                + encoded(ticket) + (requiresNewLogin ? "&renew=true" : ""))
        let answer: UpstreamAnswer
        do {
            answer = try UpstreamAnswer.read(body, protocolVersion: version)
        } catch {
            throw .unreadable(error)
        }
        switch answer {
        case .failure(let code, _): throw .refused(code: code)
        case .success(let user, let attributes):
            let principal = Principal(
                id: try name(of: user, attributes) + principalSuffix,
                attributes: renamed(attributes))
            let event = AuthenticationEvent(
                date: now, handlers: ["delegated:\(name)"], credentialTypes: ["ClientCredential"])
            return Vouched(
                principal: principal, event: event,
                isFromNewLogin: attributes["isFromNewLogin"] == ["true"])
        }
    }

    private func name(
        of user: String, _ attributes: Attributes
    ) throws(UpstreamFailure) -> String {
        guard let principalAttribute else { return user }
        guard let values = attributes[principalAttribute], values.count == 1,
            let name = values.first, UpstreamAnswer.isUserName(name)
        else {
            throw .nameless(attribute: principalAttribute)
        }
        return name
    }

    private func renamed(_ attributes: Attributes) -> Attributes {
        var taken = Attributes()
        if attributeNames.isEmpty {
            for entry in attributes.entries where !Self.protocolAttributes.contains(entry.name) {
                taken.add(entry.values, to: attributePrefix + entry.name)
            }
        } else {
            for (from, to) in attributeNames {
                taken.add(attributes[from] ?? [], to: attributePrefix + to)
            }
        }
        return taken
    }

    /// What the upstream says about its own login; ours is another event.
    private static let protocolAttributes: Set<String> = [
        "authenticationDate", "longTermAuthenticationRequestTokenUsed", "isFromNewLogin",
    ]

    private func encoded(_ text: String) -> String { ServiceURL.parameterText(text) }
}
