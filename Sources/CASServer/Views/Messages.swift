/// Every text that people see on the pages, in one language.
///
/// Each text is a property, so that a language without all of them does not compile.
package struct Messages: Sendable {
    /// The language, as in `lang="en"` (BCP 47).
    let language: String
    /// What stands above every page when the operator names no organisation.
    let siteName: String
    /// The texts of the login page.
    let login: Login
    /// Why a login failed.
    let failures: Failures
    /// The small print about a service.
    let about: About
    /// The texts of the question before a service.
    let confirmEntry: ConfirmEntry
    /// The texts of the form that sends itself.
    let postResponse: PostResponse
    /// The texts of the page of somebody who is logged in.
    let session: Session
    /// The texts of the question before the logout.
    let confirmLogout: ConfirmLogout
    /// The texts of the page after the logout.
    let loggedOut: LoggedOut
    /// The texts of the pages that refuse a service.
    let refusals: Refusals
    /// The texts of the page of somebody who logged in under another name than before.
    let mixedPrincipals: MixedPrincipals
    /// The texts of the page after another server did not log somebody in.
    let delegationFailed: DelegationFailed
    /// The texts of the error pages.
    let errors: Errors

    /// A text around one value, such as the name of a service; `$0` is the value's markup.
    package struct Phrase: Sendable {
        private let build: @Sendable (HTML) -> HTML

        init(_ build: @escaping @Sendable (HTML) -> HTML) {
            self.build = build
        }

        func callAsFunction(_ value: HTML) -> HTML {
            build(value)
        }
    }

    /// A text that counts something; languages differ in what follows a number.
    package struct Count: Sendable {
        private let build: @Sendable (Int) -> String

        init(_ build: @escaping @Sendable (Int) -> String) {
            self.build = build
        }

        func callAsFunction(_ number: Int) -> String {
            build(number)
        }
    }

    /// A title and the explanation below it.
    package struct Explanation: Sendable {
        let title: String
        let text: String
    }
}
