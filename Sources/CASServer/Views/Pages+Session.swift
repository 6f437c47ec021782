import CASProtocol
import Platform

extension Pages {
    /// "You are logged in", for somebody on the way to no service.
    package func loggedIn(_ page: LoggedInPage) -> String {
        let texts = messages.session
        let method =
            switch page.method {
            case .password: texts.methodPassword
            case .certificate: texts.methodCertificate
            }
        let content: HTML = """
            \(Mark.done)
            <h1>\(texts.title)</h1>
            <p class="subtitle">\(texts.text)</p>
            <dl class="facts">
            \(fact(texts.user, "<bdi>\(page.user)</bdi>"))\
            \(fact(texts.since, time(page.since)))\
            \(fact(texts.method, "\(method)"))\
            \(fact(texts.until, time(page.until)))\
            </dl>
            \(attributes(page.attributes))
            \(button(texts.logOut, to: page.logoutAddress))
            <p class="hint">\(texts.logOutHint)</p>
            """
        return document(title: texts.title, kind: "wide good", content: content)
    }

    /// "You are logged out", with the way on.
    package func loggedOut(_ page: LoggedOutPage) -> String {
        let texts = messages.loggedOut
        var ways: [HTML] = []
        if let (service, address) = page.continuation, Pages.isNavigable(address) {
            let text = texts.continueTo(label(service))
            ways.append("<a class=\"button\" href=\"\(address)\"><span>\(text)</span></a>\n")
        }
        if Pages.isNavigable(page.loginAddress) {
            ways.append(
                """
                <a class="button quiet" href="\(page.loginAddress)">\(texts.logInAgain)</a>
                """)
        }
        let content: HTML = """
            \(Mark.done)
            <h1>\(texts.title)</h1>
            <p class="subtitle">\(texts.text)</p>
            <p>\(texts.hint)</p>
            <div class="ways">
            \(ways)
            </div>
            """
        return document(title: texts.title, kind: "good", content: content)
    }

    private func attributes(_ attributes: Attributes) -> HTML {
        guard !attributes.isEmpty else { return "" }
        let rows = attributes.entries.map { entry -> HTML in
            let values = entry.values.map { value -> HTML in "<dd><bdi>\(value)</bdi></dd>" }
            return "<div><dt><bdi>\(entry.name)</bdi></dt>\(values)</div>\n"
        }
        return """
            <details>
            <summary>\(messages.session.attributes)</summary>
            <dl class="facts">
            \(rows)</dl>
            </details>
            """
    }

    /// A point in time to the minute, in UTC: the server does not know where the browser is.
    private func time(_ instant: Instant) -> HTML {
        let text = instant.rfc3339
        let date = text.prefix { $0 != "T" }
        let minutes = "\(date) \(text.dropFirst(date.count + 1).prefix(5)) UTC"
        return "<time datetime=\"\(text)\">\(minutes)</time>"
    }
}
