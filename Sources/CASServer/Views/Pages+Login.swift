extension Pages {
    /// The login form.
    ///
    /// Robots post this form too, so its contract is stable: fields `username` and `password` with
    /// the same ids, hidden `execution` and `lt` with the same value, `_eventId` `submit`, and a
    /// button named `submit`.
    package func login(_ page: LoginPage) -> String {
        let failure = page.failure.map(text(of:))
        let execution: HTML = "\(page.execution)"
        let content: HTML = """
            <h1>\(messages.login.title)</h1>
            \(subtitle(of: page))\(failure.map(alert))
            <form id="fm1" method="post" action="\(page.action)">
            \(fields(of: page))
            <input type="hidden" name="execution" value="\(execution)"/>
            <input type="hidden" name="lt" value="\(execution)"/>
            <input type="hidden" name="_eventId" value="submit"/>
            <button class="button" type="submit" name="submit" value="submit">\
            \(messages.login.submit)</button>
            </form>
            \(certificateChoice(of: page))
            """
        let title = failure == nil ? messages.login.title : messages.login.titleAfterFailure
        return document(title: title, kind: "login", content: content)
    }

    private func subtitle(of page: LoginPage) -> HTML {
        let service: HTML? = page.service.map {
            "<p class=\"subtitle\">\(messages.login.toContinue(label($0)))</p>\n"
        }
        guard page.occasion == .renewal, page.failure == nil else { return "\(service)" }
        return "\(service)<p class=\"notice\">\(messages.login.logInAgain)</p>\n"
    }

    private func alert(_ text: String) -> HTML {
        "<p class=\"alert\" id=\"failure\" role=\"alert\">\(text)</p>"
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

    private func certificateChoice(of page: LoginPage) -> HTML {
        guard let address = page.certificateAddress, Pages.isNavigable(address) else { return "" }
        return """
            <p class="or"><span>\(messages.login.or)</span></p>
            <a class="button quiet" href="\(address)">\(messages.login.certificate)</a>
            """
    }

    private func text(of failure: LoginPage.Failure) -> String {
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
        case .tooManyAttempts: texts.tooManyAttempts
        case .certificateRefused: texts.certificateRefused
        case .unavailable: texts.unavailable
        case .formExpired: texts.formExpired
        }
    }
}
