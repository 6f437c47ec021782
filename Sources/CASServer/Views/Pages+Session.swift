import CASProtocol
import Platform

extension Pages {
    /// "You are logged in", for somebody on the way to no service.
    package func loggedIn(_ page: LoggedInPage) -> String {
        let texts = messages.session
        let method: HTML =
            switch page.method {
            case .password: "\(texts.methodPassword)"
            case .certificate: "\(texts.methodCertificate)"
            case .delegated(let provider): "<bdi>\(provider)</bdi>"
            }
        let until = page.isLongTerm ? texts.rememberedUntil : texts.until
        let content: HTML = """
            \(Mark.done)
            <h1>\(texts.title)</h1>
            <p class="subtitle">\(texts.text)</p>
            <dl class="facts">
            \(fact(texts.user, "<bdi>\(page.user)</bdi>"))\
            \(fact(texts.since, time(page.since)))\
            \(fact(texts.method, method))\
            \(fact(until, time(page.until)))\
            </dl>
            \(attributes(page.attributes))
            \(button(texts.logOut, to: page.logoutAddress))
            <p class="hint">\(texts.logOutHint)</p>
            """
        return document(title: texts.title, kind: "wide good", content: content)
    }

    /// The question before the logout.
    package func confirmLogout(_ page: ConfirmLogoutPage) -> String {
        let texts = messages.confirmLogout
        let services: HTML? =
            page.serviceCount > 0 ? "<p>\(texts.services(page.serviceCount))</p>\n" : nil
        let content: HTML = """
            <h1>\(texts.title)</h1>
            <p class="subtitle">\(texts.text("<bdi class=\"name\">\(page.user)</bdi>"))</p>
            \(services)\
            <form method="post" action="\(page.action)">
            \(sealed(page.execution))\
            <button class="button" type="submit">\(texts.logOut)</button>
            </form>
            \(way("\(texts.stay)", to: page.cancelAddress, kind: "quiet"))
            """
        return document(title: texts.title, kind: "login", content: content)
    }

    /// "You are logged out", with the way on.
    ///
    /// The frames come last and load while the page is being read; nothing waits for them.
    package func loggedOut(_ page: LoggedOutPage) -> String {
        let texts = messages.loggedOut
        let frames = page.frames
        let ways =
            way(
                page.continuation.map { texts.continueTo(label($0.service)) } ?? "",
                to: page.continuation?.address)
            + way("\(texts.logInAgain)", to: page.loginAddress, kind: "quiet")
        let content: HTML = """
            \(Mark.done)
            <h1>\(texts.title)</h1>
            <p class="subtitle">\(texts.text)</p>
            \(told(page.notified + frames.map(\.label)))\
            <p>\(texts.hint)</p>
            <div class="ways">
            \(ways)\
            </div>
            \(frames.map(frame))
            """
        return document(title: texts.title, kind: "good", content: content)
    }

    /// The services that are told about the logout: the first twenty, each once.
    private func told(_ services: [ServiceLabel]) -> HTML {
        guard !services.isEmpty else { return "" }
        let texts = messages.loggedOut
        var known: Set<ServiceLabel> = []
        let all = services.filter { known.insert($0).inserted }
        let shown = all.prefix(20)
        let rows = shown.map { service -> HTML in "<li>\(label(service))</li>\n" }
        let rest: HTML? =
            all.count > shown.count ? "<li>\(texts.more(all.count - shown.count))</li>\n" : nil
        return """
            <h2>\(texts.applications)</h2>
            <ul class="services">
            \(rows)\(rest)</ul>
            <p>\(texts.background)</p>

            """
    }

    private func frame(_ target: FrontChannelTarget) -> HTML {
        """
        <iframe hidden="" title="" sandbox="allow-scripts allow-same-origin" \
        referrerpolicy="no-referrer" src="\(target.address)"></iframe>

        """
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
    func time(_ instant: Instant) -> HTML {
        let text = instant.rfc3339
        let date = text.prefix { $0 != "T" }
        let minutes = "\(date) \(text.dropFirst(date.count + 1).prefix(5)) UTC"
        return "<time datetime=\"\(text)\">\(minutes)</time>"
    }
}
