/// Makes the pages: each function takes what is to be shown and returns a whole document.
///
/// The pages need no JavaScript and show every value escaped. They load nothing but the stylesheet,
/// the logo of a service, and after the logout what the services want to be told by the browser.
package struct Pages: Sendable {
    let messages: Messages
    /// The address of the stylesheet, as ``Stylesheet/address(prefix:)`` gives it.
    let stylesheet: String
    /// The organisation or service above every page.
    let siteName: String
    /// The address of the stylesheet of the service that the page is about.
    private var theme: String?

    /// - Parameter siteName: What stands above every page; the language's own words if `nil`.
    package init(messages: Messages, stylesheet: String, siteName: String? = nil) {
        self.messages = messages
        self.stylesheet = stylesheet
        self.siteName = siteName ?? messages.siteName
    }

    /// The same pages in the colours of a service.
    ///
    /// - Parameter theme: The address of its stylesheet; `nil` leaves the pages as they are.
    func themed(by theme: String?) -> Pages {
        guard let theme else { return self }
        var pages = self
        pages.theme = theme
        return pages
    }

    /// The document around the content of a page.
    ///
    /// - Parameter kind: The class of the card: its width and the colour of its mark.
    func document(title: String, kind: HTML, content: HTML) -> String {
        let page: HTML = """
            <!DOCTYPE html>
            <html lang="\(messages.language)">
            <head>
            <meta charset="utf-8"/>
            <title>\(title) – \(siteName)</title>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <meta name="color-scheme" content="light dark"/>
            <meta name="robots" content="noindex"/>
            <link rel="icon" href="data:,"/>
            <link rel="stylesheet" href="\(stylesheet)"/>
            \(themeLink)</head>
            <body>
            <header class="site">\(siteName)</header>
            <main class="card \(kind)">
            \(content)
            </main>
            </body>
            </html>

            """
        return page.markup
    }

    private var themeLink: HTML {
        theme.map { "<link rel=\"stylesheet\" href=\"\($0)\"/>\n" } ?? ""
    }

    /// A service as part of a sentence: its name if it has one, and always its host.
    func label(_ service: ServiceLabel) -> HTML {
        guard let name = service.name, !name.isEmpty, name != service.host else {
            return "<bdi class=\"name\">\(service.host)</bdi>"
        }
        return """
            <bdi class="name">\(name)</bdi> <span class="host">(<bdi>\(service.host)</bdi>)</span>
            """
    }

    /// The identifier that connects the page with the log.
    func incident(_ identifier: String) -> HTML {
        "<p class=\"incident\">\(messages.errors.incident("<code>\(identifier)</code>"))</p>"
    }

    /// One line of a list of facts.
    func fact(_ name: String, _ value: HTML) -> HTML {
        "<div><dt>\(name)</dt><dd>\(value)</dd></div>\n"
    }

    /// A button that leads to an address by GET; unlike a link, nothing fetches it in advance.
    func button(_ text: String, to address: String, kind: HTML = "") -> HTML {
        """
        <form method="get" action="\(address)">
        <button class="button \(kind)" type="submit">\(text)</button>
        </form>
        """
    }

    /// A link that looks like a button, if it leads anywhere.
    func way(_ text: HTML, to address: String?, kind: HTML = "") -> HTML {
        guard let address, Pages.isNavigable(address) else { return "" }
        // The button is a flex box, which would swallow the blanks between text and names.
        return "<a class=\"button \(kind)\" href=\"\(address)\"><span>\(text)</span></a>\n"
    }
}
