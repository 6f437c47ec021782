package import CASProtocol

extension Configuration.Authentication {
    /// Another CAS server that vouches for people: one entry of `authentication.delegated`.
    package struct Upstream: Sendable {
        /// The name in addresses, in `allowedProviders` and in logs.
        package var name: String
        /// What the button says.
        package var label: String
        /// The upstream's login page; its other addresses are beside it.
        package var loginURL: String
        package var version = UpstreamProtocol.cas3
        /// Whether the browser goes there without being asked.
        package var redirectsAutomatically = false
        /// The upstream's attribute that names the user; `nil` is the user of its answer.
        package var principalAttribute: String?
        /// What is added to every name, so that names of several sources stay apart.
        package var principalSuffix = ""
        /// Attributes and what they are called here; empty takes all under their own names.
        package var attributeNames: [(from: String, to: String)] = []
        /// What is put in front of the name of every attribute.
        package var attributePrefix = ""
        /// Whether our logout leads on to the upstream's.
        package var forwardsLogout = false
        /// Whether the upstream may end the sessions that came from it.
        package var acceptsLogout = true

        package init(name: String, label: String, loginURL: String) {
            self.name = name
            self.label = label
            self.loginURL = loginURL
        }

        /// The upstream's address without `/login`.
        package var baseURL: String {
            loginURL.hasSuffix("/login") ? String(loginURL.dropLast("/login".count)) : loginURL
        }
    }
}
