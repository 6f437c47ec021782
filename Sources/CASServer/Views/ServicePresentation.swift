/// The service that a page is about, as the person at the browser knows it.
package struct ServiceLabel: Hashable, Sendable {
    /// The name that the operator gave it, if any.
    package let name: String?
    /// The host of its address, always shown so that a name cannot pretend.
    package let host: String

    package init(name: String?, host: String) {
        self.name = name
        self.host = host
    }
}

/// What the operator says about a service, for the pages on which a person profits from it.
///
/// What cannot be shown safely is left out: an image that is not https, `data:image/` or a path of
/// our own, a link that is not http(s) or a path of our own.
package struct ServiceDetails: Sendable {
    /// One or two sentences.
    package var description: String?
    /// The address of an image.
    package var logo: String?
    /// The address of a page about the service.
    package var informationUrl: String?
    /// The address of its privacy statement.
    package var privacyUrl: String?
    /// Whom to ask; an empty part is left out.
    package var contacts: [(name: String, email: String)]

    package init(
        description: String? = nil, logo: String? = nil, informationUrl: String? = nil,
        privacyUrl: String? = nil, contacts: [(name: String, email: String)] = []
    ) {
        self.description = description
        self.logo = logo
        self.informationUrl = informationUrl
        self.privacyUrl = privacyUrl
        self.contacts = contacts
    }

    /// The logo's address if a page may show it.
    var shownLogo: String? {
        guard let logo, Pages.isImage(logo) else { return nil }
        return logo
    }

    /// The origins that the policy of a page with the logo has to name; none for our own images.
    var imageOrigins: [String] {
        guard let logo = shownLogo, let origin = Pages.origin(of: logo) else { return [] }
        return [origin]
    }
}
