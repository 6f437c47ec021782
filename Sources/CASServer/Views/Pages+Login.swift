extension Pages {
    /// The login form.
    ///
    /// Robots post this form too, so its contract is stable: fields `username` and `password` with
    /// the same ids, hidden `execution` and `lt` with the same value, `_eventId` `submit`, and a
    /// button named `submit`.
    package func login(_ page: LoginPage) -> String {
        let failure = page.failure.map { text(of: $0, retryAfter: page.retryAfter) }
        let content: HTML = """
            \(logo(of: page.serviceDetails))\
            <h1>\(messages.login.title)</h1>
            \(subtitle(of: page))\(description(of: page.serviceDetails))\
            \(failure.map(alert))\
            \(page.hasPasswordForm ? form(of: page) : "")\
            \(otherWays(of: page))\
            \(about(page.serviceDetails))
            """
        let title = failure == nil ? messages.login.title : messages.login.titleAfterFailure
        return document(title: title, kind: "login", content: content)
    }

    private func form(of page: LoginPage) -> HTML {
        let execution: HTML = "\(page.execution)"
        return """
            <form id="fm1" method="post" action="\(page.action)">
            \(fields(of: page))
            \(choices(of: page))\
            <input type="hidden" name="execution" value="\(execution)"/>
            <input type="hidden" name="lt" value="\(execution)"/>
            <input type="hidden" name="_eventId" value="submit"/>
            <button class="button" type="submit" name="submit" value="submit">\
            \(messages.login.submit)</button>
            </form>

            """
    }

    private func subtitle(of page: LoginPage) -> HTML {
        let service: HTML? = page.service.map {
            "<p class=\"subtitle\">\(messages.login.toContinue(label($0)))</p>\n"
        }
        guard page.occasion == .renewal, page.failure == nil else { return "\(service)" }
        return "\(service)<p class=\"notice\">\(messages.login.logInAgain)</p>\n"
    }

    private func alert(_ text: String) -> HTML {
        "<p class=\"alert\" id=\"failure\" role=\"alert\">\(text)</p>\n"
    }

    private func fields(of page: LoginPage) -> HTML {
        let described: HTML = page.failure == nil ? "" : " aria-describedby=\"failure\""
        let invalid: HTML =
            switch page.failure {
            case .badCredentials, .incomplete: " aria-invalid=\"true\""
            default: ""
            }
        let focus: HTML = " autofocus=\"\""
        // Whoever mistyped a password should not have to type the name again.
        let (first, second): (HTML, HTML) = page.username.isEmpty ? (focus, "") : ("", focus)
        return """
            <div class="field">
            <label for="username">\(messages.login.username)</label>
            <input id="username" name="username" type="text" value="\(page.username)" \
            autocomplete="username" autocapitalize="none" autocorrect="off" spellcheck="false" \
            required=""\(described)\(invalid)\(first)/>
            </div>
            <div class="field">
            <label for="password">\(messages.login.password)</label>
            <input id="password" name="password" type="password" \
            autocomplete="current-password" autocapitalize="none" autocorrect="off" \
            spellcheck="false" required=""\(described)\(invalid)\(second)/>
            </div>
            """
    }

    private func choices(of page: LoginPage) -> HTML {
        guard page.offersRememberMe || page.offersWarning || page.offersPublicWorkstation else {
            return ""
        }
        let offered: [(choice: LoginChoice, isOffered: Bool, text: String)] = [
            (.rememberMe, page.offersRememberMe, messages.login.rememberMe),
            (.warn, page.offersWarning, messages.login.warn),
            (.publicWorkstation, page.offersPublicWorkstation, messages.login.publicWorkstation),
        ]
        let boxes = offered.filter(\.isOffered).map { choice, _, text in
            box(choice.rawValue, text, isTicked: page.ticked.contains(choice))
        }
        return "<div class=\"choices\">\n\(boxes)</div>\n"
    }

    /// The certificate and the other servers; the one way there is stands out.
    private func otherWays(of page: LoginPage) -> HTML {
        var ways: [(text: HTML, address: String)] = []
        for provider in page.providers where Pages.isNavigable(provider.address) {
            let name: HTML = "<bdi>\(provider.label)</bdi>"
            ways.append((messages.login.logInWith(name), provider.address))
        }
        if let address = page.certificateAddress, Pages.isNavigable(address) {
            ways.append(("\(messages.login.certificate)", address))
        }
        guard !ways.isEmpty else {
            return page.hasPasswordForm ? "" : "<p>\(messages.login.noWay)</p>\n"
        }
        let kind: HTML = page.hasPasswordForm || ways.count > 1 ? "quiet" : ""
        let or: HTML = "<p class=\"or\"><span>\(messages.login.or)</span></p>\n"
        return """
            \(page.hasPasswordForm ? or : "")\
            <div class="ways">
            \(ways.map { way($0.text, to: $0.address, kind: kind) })\
            </div>

            """
    }

    private func text(of failure: LoginPage.Failure, retryAfter: Duration?) -> String {
        let texts = messages.failures
        return switch failure {
        case .badCredentials: texts.badCredentials
        case .incomplete: texts.incomplete
        case .disabled: texts.disabled
        case .locked: texts.locked
        case .expired: texts.expired
        case .mustChangePassword: texts.mustChangePassword
        case .passwordExpired: texts.passwordExpired
        case .notAllowed: texts.notAllowed
        case .tooManyAttempts: retryAfter.map(wait) ?? texts.tooManyAttempts
        case .certificateRefused: texts.certificateRefused
        case .unavailable: texts.unavailable
        case .formExpired: texts.formExpired
        case .boundSession: texts.boundSession
        }
    }

    private func wait(_ time: Duration) -> String {
        let seconds = time.wholeSeconds
        return seconds <= 90
            ? messages.failures.waitSeconds(seconds)
            : messages.failures.waitMinutes((seconds + 59) / 60)
    }
}
