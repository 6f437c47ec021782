package import CASProtocol
package import Platform

/// What somebody sees who is logged in and on the way to no service.
package struct LoggedInPage: Sendable {
    /// How somebody logged in.
    package enum Method: Hashable, Sendable {
        case password, certificate
        /// At another server, which people know by that name.
        case delegated(String)
    }

    package var user: String
    package var since: Instant
    package var method: Method
    /// When the session ends at the latest.
    package var until: Instant
    /// Whether the browser is remembered for long.
    package var isLongTerm = false
    /// The attributes to show; none show nothing.
    package var attributes = Attributes()
    /// Where the logout button leads; a path or an address without a query.
    package var logoutAddress: String

    package init(
        user: String, since: Instant, method: Method, until: Instant, logoutAddress: String
    ) {
        self.user = user
        self.since = since
        self.method = method
        self.until = until
        self.logoutAddress = logoutAddress
    }
}

/// The question before the logout.
///
/// The form posts `execution`, and `_eventId` `proceed`.
package struct ConfirmLogoutPage: Sendable {
    package var user: String
    /// Where the form is posted to, query included.
    package var action: String
    /// The sealed form value.
    package var execution: String
    /// How many services the session has entered.
    package var serviceCount: Int
    /// Where one goes who wants to stay; http(s) or a path of our own.
    package var cancelAddress: String

    package init(
        user: String, action: String, execution: String, serviceCount: Int, cancelAddress: String
    ) {
        self.user = user
        self.action = action
        self.execution = execution
        self.serviceCount = serviceCount
        self.cancelAddress = cancelAddress
    }
}

/// What somebody sees after the logout.
package struct LoggedOutPage: Sendable {
    /// The registered service to go on to, and its address; shown only if the address is http(s).
    package var continuation: (service: ServiceLabel, address: String)?
    /// Where one logs in again.
    package var loginAddress: String
    /// The services that are told in the background.
    package var notified: [ServiceLabel] = []
    /// The services that the browser tells; only ``frames`` are on the page.
    package var frontChannel: [FrontChannelTarget] = []

    package init(loginAddress: String) {
        self.loginAddress = loginAddress
    }

    /// The `Content-Security-Policy` that this page needs.
    package var contentSecurityPolicy: String {
        guard !frontChannel.isEmpty else { return Pages.contentSecurityPolicy }
        return Pages.contentSecurityPolicy(
            frameOrigins: frames.compactMap { Pages.origin(of: $0.address) })
    }

    /// What is told by frames: the first ``framesMax`` whose address is http(s) and whose origins
    /// have room in the policy.
    ///
    /// A gateway refuses an answer whose header is too long, so the policy is bounded.
    package var frames: [FrontChannelTarget] {
        var room = Self.originBytesMax
        var known: Set<String> = []
        var frames: [FrontChannelTarget] = []
        for target in frontChannel where frames.count < Self.framesMax {
            guard let origin = Pages.origin(of: target.address) else { continue }
            if !known.contains(origin) {
                guard origin.utf8.count < room else { continue }
                room -= origin.utf8.count + 1
                known.insert(origin)
            }
            frames.append(target)
        }
        return frames
    }

    /// How many frames a page has at most.
    package static let framesMax = 32
    /// How long the origins of the frames are together at most.
    static let originBytesMax = 1536
}

/// A service that the browser tells about the logout, by a hidden frame.
package struct FrontChannelTarget: Hashable, Sendable {
    package var label: ServiceLabel
    /// The address with the message in its query; http(s), or there is no frame.
    package var address: String

    package init(label: ServiceLabel, address: String) {
        self.label = label
        self.address = address
    }
}
