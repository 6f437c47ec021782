extension Pages {
    /// The question before the browser goes on to a service.
    package func confirmEntry(_ page: ConfirmEntryPage) -> String {
        let texts = messages.confirmEntry
        let content: HTML = """
            \(logo(of: page.details))\
            <h1>\(texts.title)</h1>
            <p class="subtitle">\(texts.text(label(page.service)))</p>
            \(description(of: page.details))\
            <dl class="facts">
            \(fact(texts.user, "<bdi>\(page.user)</bdi>"))\
            </dl>
            <form method="post" action="\(page.action)">
            \(box("ignorewarn", texts.doNotAskAgain))\
            \(sealed(page.execution))\
            <button class="button" type="submit">\(texts.proceed)</button>
            </form>
            \(way("\(texts.cancel)", to: page.cancelAddress, kind: "quiet"))\
            \(about(page.details))
            """
        return document(title: texts.title, kind: "login", content: content)
    }

    /// The form that sends itself on to a service.
    package func postResponse(_ page: PostResponsePage) -> String {
        let texts = messages.postResponse
        let service: HTML? = page.service.map {
            "<p class=\"subtitle\">\(texts.to(label($0)))</p>\n"
        }
        let content: HTML = """
            <h1>\(texts.title)</h1>
            \(service)\
            \(onward(page))
            """
        return document(title: texts.title, kind: "login", content: content)
    }

    private func onward(_ page: PostResponsePage) -> HTML {
        guard Pages.isNavigable(page.address), !page.address.hasPrefix("/") else {
            return "<p class=\"alert\">\(messages.postResponse.impossible)</p>"
        }
        let fields = page.fields.map { name, value -> HTML in
            "<input type=\"hidden\" name=\"\(name)\" value=\"\(value)\"/>\n"
        }
        return """
            <p>\(messages.postResponse.text)</p>
            <form method="post" action="\(page.address)">
            \(fields)\
            <button class="button" type="submit">\(messages.postResponse.proceed)</button>
            </form>
            <script>\(Pages.submitScript)</script>
            """
    }

    /// What sends the form; it takes `submit` from the prototype, as a field may have that name.
    static let submitScript: HTML = "HTMLFormElement.prototype.submit.call(document.forms[0]);"

    /// The hash by which the policy of the page with the form allows its script, and no other.
    package static let submitScriptHash = "sha256-Zd9Ppkm6KJvfEle1ogzptKkD+DOonO1DYBPhi02doj8="
}
