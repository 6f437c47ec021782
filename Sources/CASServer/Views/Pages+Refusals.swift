extension Pages {
    /// The refusal of a service that is not registered; status 403.
    package func notRegistered(_ page: NotRegisteredPage) -> String {
        let texts = messages.refusals
        let host: HTML? = page.host.map { fact(texts.service, "<bdi>\($0)</bdi>") }
        let content: HTML = """
            \(Mark.stop)
            <h1>\(texts.notRegistered.title)</h1>
            <p class="subtitle">\(texts.notRegistered.text)</p>
            \(facts(host))
            <p>\(texts.notRegisteredHint)</p>
            \(incident(page.incident))
            """
        return document(title: texts.notRegistered.title, kind: "bad", content: content)
    }

    /// The refusal of a principal by a registered service; status 403.
    package func accessDenied(_ page: AccessDeniedPage) -> String {
        let texts = messages.refusals
        let user = fact(texts.user, "<bdi>\(page.user)</bdi>")
        let title: String
        let text: HTML
        let hint: String
        switch page.reason {
        case .account:
            (title, text) = (texts.accessDenied.title, "\(texts.accessDenied.text)")
            hint = texts.accessDeniedHint
        case .notYet(let start):
            (title, text) = (texts.notYetTitle, texts.notYet(time(start)))
            hint = texts.notYetHint
        case .over:
            (title, text) = (texts.over.title, "\(texts.over.text)")
            hint = texts.overHint
        case .providerNotAllowed:
            (title, text) = (
                texts.providerNotAllowed.title, "\(texts.providerNotAllowed.text)"
            )
            hint = texts.providerNotAllowedHint
        }
        let content: HTML = """
            \(Mark.stop)
            <h1>\(title)</h1>
            <p class="subtitle">\(text)</p>
            \(facts(user + fact(texts.service, label(page.service))))
            <p>\(hint)</p>
            \(contacts(of: page.details))\
            <div class="ways">
            \(way("\(texts.otherLogin)", to: page.loginAddress))\
            \(button(texts.logOut, to: page.logoutAddress, kind: "quiet"))
            </div>
            \(incident(page.incident))
            """
        return document(title: title, kind: "bad", content: content)
    }

    /// The refusal of a login under another name than the one of the session; status 403.
    package func mixedPrincipals(_ page: MixedPrincipalsPage) -> String {
        let texts = messages.mixedPrincipals
        let service: HTML? = page.service.map { fact(messages.refusals.service, label($0)) }
        let current: HTML = "<bdi>\(page.currentUser)</bdi>"
        let content: HTML = """
            \(Mark.stop)
            <h1>\(texts.explanation.title)</h1>
            <p class="subtitle">\(texts.explanation.text)</p>
            <dl class="facts">
            \(fact(texts.current, current))\
            \(fact(texts.attempted, "<bdi>\(page.attemptedUser)</bdi>"))\
            \(service)\
            </dl>
            <p>\(texts.hint)</p>
            <div class="ways">
            \(button(texts.logOut, to: page.logoutAddress))
            \(way(texts.stay(current), to: page.backAddress, kind: "quiet"))\
            </div>
            \(incident(page.incident))
            """
        return document(title: texts.explanation.title, kind: "bad", content: content)
    }

    /// What somebody sees whom another server did not log in; its status is `page.reason.status`.
    package func delegationFailed(_ page: DelegationFailedPage) -> String {
        let texts = messages.delegationFailed
        let provider: HTML = "<bdi class=\"name\">\(page.provider)</bdi>"
        let text =
            switch page.reason {
            case .refused: texts.refused(provider)
            case .unavailable: texts.unavailable(provider)
            case .expired: texts.expired(provider)
            case .notAllowed: texts.notAllowed(provider)
            }
        // Trying again changes nothing about what the service accepts.
        let retry = page.reason == .notAllowed ? nil : page.retryAddress
        let first = way("\(texts.tryAgain)", to: retry)
        let kind: HTML = first == .empty ? "" : "quiet"
        let content: HTML = """
            \(Mark.stop)
            <h1>\(texts.title)</h1>
            <p class="subtitle">\(text)</p>
            <div class="ways">
            \(first)\
            \(way("\(texts.otherWay)", to: page.loginAddress, kind: kind))\
            </div>
            \(incident(page.incident))
            """
        return document(title: texts.title, kind: "bad", content: content)
    }

    /// The page of a request that got no answer; its status is `page.reason.status`.
    package func error(_ page: ErrorPage) -> String {
        let explanation = explanation(of: page.reason)
        let content: HTML = """
            \(Mark.stop)
            <h1>\(explanation.title)</h1>
            <p class="subtitle">\(explanation.text)</p>
            <p class="incident">\(messages.errors.status("\(page.reason.status)")) · \
            \(messages.errors.incident("<code>\(page.incident)</code>"))</p>
            """
        return document(title: explanation.title, kind: "bad", content: content)
    }

    private func facts(_ rows: HTML?) -> HTML {
        guard let rows else { return "" }
        return "<dl class=\"facts\">\n\(rows)</dl>"
    }

    private func explanation(of reason: ErrorPage.Reason) -> Messages.Explanation {
        let texts = messages.errors
        return switch reason {
        case .malformedRequest: texts.malformedRequest
        case .repeatedParameter: texts.repeatedParameter
        case .invalidService: texts.invalidService
        case .credentialsInAddress: texts.credentialsInAddress
        case .notFound: texts.notFound
        case .methodNotAllowed: texts.methodNotAllowed
        case .tooLarge: texts.tooLarge
        case .unsupportedContentType: texts.unsupportedContentType
        case .tooManyRequests: texts.tooManyRequests
        case .internalError: texts.internalError
        case .unavailable: texts.unavailable
        }
    }
}
