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
    /// The texts of the page of somebody who is logged in.
    let session: Session
    /// The texts of the page after the logout.
    let loggedOut: LoggedOut
    /// The texts of the pages that refuse a service.
    let refusals: Refusals
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

    /// A title and the explanation below it.
    package struct Explanation: Sendable {
        let title: String
        let text: String
    }

    package struct Login: Sendable {
        let title: String
        let titleAfterFailure: String
        let toContinue: Phrase
        let logInAgain: String
        let username: String
        let password: String
        let submit: String
        let or: String
        let certificate: String
    }

    package struct Failures: Sendable {
        let badCredentials: String
        let incomplete: String
        let disabled: String
        let locked: String
        let expired: String
        let mustChangePassword: String
        let passwordExpired: String
        let notAllowed: String
        let tooManyAttempts: String
        let certificateRefused: String
        let unavailable: String
        let formExpired: String
    }

    package struct Session: Sendable {
        let title: String
        let text: String
        let user: String
        let since: String
        let method: String
        let methodPassword: String
        let methodCertificate: String
        let until: String
        let attributes: String
        let logOut: String
        let logOutHint: String
    }

    package struct LoggedOut: Sendable {
        let title: String
        let text: String
        let hint: String
        let continueTo: Phrase
        let logInAgain: String
    }

    package struct Refusals: Sendable {
        let notRegistered: Explanation
        let notRegisteredHint: String
        let accessDenied: Explanation
        let accessDeniedHint: String
        let service: String
        let user: String
        let logOut: String
    }

    package struct Errors: Sendable {
        let malformedRequest: Explanation
        let repeatedParameter: Explanation
        let invalidService: Explanation
        let credentialsInAddress: Explanation
        let notFound: Explanation
        let methodNotAllowed: Explanation
        let tooLarge: Explanation
        let unsupportedContentType: Explanation
        let tooManyRequests: Explanation
        let internalError: Explanation
        let unavailable: Explanation
        let incident: Phrase
        let status: Phrase
    }
}
