extension Pages {
    /// The logo of a service, if there is one to show; its name stands beside it anyway.
    func logo(of details: ServiceDetails?) -> HTML {
        guard let logo = details?.shownLogo else { return "" }
        return "<img class=\"logo\" src=\"\(logo)\" alt=\"\" referrerpolicy=\"no-referrer\"/>\n"
    }

    /// What the operator says about a service.
    func description(of details: ServiceDetails?) -> HTML {
        guard let text = details?.description, !text.isEmpty else { return "" }
        return "<p class=\"description\"><bdi>\(text)</bdi></p>\n"
    }

    /// Where one learns more about a service, and whom to ask: the small print of a page.
    func about(_ details: ServiceDetails?) -> HTML {
        guard let details else { return "" }
        let texts = messages.about
        let links =
            link(texts.information, details.informationUrl)
            + link(texts.privacy, details.privacyUrl)
        let people = contacts(of: details)
        guard links != .empty || people != .empty else { return "" }
        return "<footer class=\"about\">\n\(links)\(people)</footer>\n"
    }

    /// Whom to ask about a service, at most five.
    func contacts(of details: ServiceDetails?) -> HTML {
        guard let details else { return "" }
        let people = details.contacts.prefix(5).compactMap { name, email -> HTML? in
            let shown = name.isEmpty ? email : name
            guard !shown.isEmpty else { return nil }
            guard Pages.isMailAddress(email) else { return "<li><bdi>\(shown)</bdi></li>\n" }
            return "<li><a href=\"mailto:\(email)\"><bdi>\(shown)</bdi></a></li>\n"
        }
        guard !people.isEmpty else { return "" }
        return """
            <div class="contacts">\(messages.about.contacts)
            <ul>
            \(people)</ul>
            </div>

            """
    }

    private func link(_ text: String, _ address: String?) -> HTML {
        guard let address, Pages.isNavigable(address) else { return "" }
        return "<a href=\"\(address)\">\(text)</a>\n"
    }

    /// A box with its text.
    func box(_ name: String, _ text: String, isTicked: Bool = false) -> HTML {
        let checked: HTML = isTicked ? " checked=\"\"" : ""
        return """
            <label class="choice"><input type="checkbox" name="\(name)" value="true"\(checked)/>\
            <span>\(text)</span></label>

            """
    }

    /// The fields of a form that confirms something.
    func sealed(_ execution: String) -> HTML {
        """
        <input type="hidden" name="execution" value="\(execution)"/>
        <input type="hidden" name="_eventId" value="proceed"/>

        """
    }

    /// Whether a link may hold the address: nothing in it means anything in a `mailto:` address.
    private static func isMailAddress(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: 0x40, omittingEmptySubsequences: false)
        return parts.count == 2 && text.utf8.count <= 254
            && parts.allSatisfy { part in
                !part.isEmpty
                    && part.allSatisfy {
                        switch $0 {
                        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x2B: true
                        default: false
                        }
                    }
            }
    }
}
