extension Messages {
    package struct Session: Sendable {
        let title: String
        let text: String
        let user: String
        let since: String
        let method: String
        let methodPassword: String
        let methodCertificate: String
        let until: String
        let rememberedUntil: String
        let attributes: String
        let logOut: String
        let logOutHint: String
    }

    package struct ConfirmLogout: Sendable {
        let title: String
        let text: Phrase
        let services: Count
        let logOut: String
        let stay: String
    }

    package struct LoggedOut: Sendable {
        let title: String
        let text: String
        let applications: String
        let more: Count
        let background: String
        let hint: String
        let continueTo: Phrase
        let logInAgain: String
    }
}
