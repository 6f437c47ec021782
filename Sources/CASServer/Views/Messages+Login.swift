extension Messages {
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
        let logInWith: Phrase
        let noWay: String
        let rememberMe: String
        let warn: String
        let publicWorkstation: String
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
        let waitSeconds: Count
        let waitMinutes: Count
        let certificateRefused: String
        let unavailable: String
        let formExpired: String
        /// The browser's session needs the certificate with which it began.
        let boundSession: String
    }

    package struct About: Sendable {
        let information: String
        let privacy: String
        let contacts: String
    }

    package struct ConfirmEntry: Sendable {
        let title: String
        let text: Phrase
        let user: String
        let doNotAskAgain: String
        let proceed: String
        let cancel: String
    }

    package struct PostResponse: Sendable {
        let title: String
        let to: Phrase
        let text: String
        let proceed: String
        let impossible: String
    }
}
