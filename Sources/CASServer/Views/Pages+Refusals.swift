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
        let content: HTML = """
            \(Mark.stop)
            <h1>\(texts.accessDenied.title)</h1>
            <p class="subtitle">\(texts.accessDenied.text)</p>
            \(facts(user + fact(texts.service, label(page.service))))
            <p>\(texts.accessDeniedHint)</p>
            \(button(texts.logOut, to: page.logoutAddress, kind: "quiet"))
            \(incident(page.incident))
            """
        return document(title: texts.accessDenied.title, kind: "bad", content: content)
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
