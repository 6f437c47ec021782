extension Messages {
    /// The English texts.
    package static let english = Messages(
        language: "en", siteName: "Single sign-on", login: .english, failures: .english,
        about: .english, confirmEntry: .english, postResponse: .english, session: .english,
        confirmLogout: .english, loggedOut: .english, refusals: .english,
        mixedPrincipals: .english, delegationFailed: .english, errors: .english)
}

extension Messages.Login {
    fileprivate static let english = Self(
        title: "Log in",
        titleAfterFailure: "Login failed",
        toContinue: .init { "to continue to \($0)" },
        logInAgain: "This application asks you to log in again.",
        username: "Username",
        password: "Password",
        submit: "Log in",
        or: "or",
        certificate: "Log in with a certificate",
        logInWith: .init { "Log in with \($0)" },
        noWay: "There is no way to log in to this application here. Please contact your help desk.",
        rememberMe: "Keep me logged in on this device",
        warn: "Ask me before I am logged in to other applications",
        publicWorkstation: "This is a shared or public computer")
}

extension Messages.Failures {
    fileprivate static let english = Self(
        badCredentials: "The username or the password is not right. Please try again.",
        incomplete: "Please enter your username and your password.",
        disabled: "This account is disabled. Please contact your help desk.",
        locked: "This account is locked. Please contact your help desk.",
        expired: "This account has expired. Please contact your help desk.",
        mustChangePassword: "You have to change your password before you can log in.",
        passwordExpired: "Your password has expired. You have to change it before you can log in.",
        notAllowed: "You may not log in here at this time. Please contact your help desk.",
        tooManyAttempts: "Too many failed attempts. Please wait a little and try again.",
        waitSeconds: .init {
            "Too many failed attempts. Please try again in \($0) second\($0 == 1 ? "" : "s")."
        },
        waitMinutes: .init { "Too many failed attempts. Please try again in \($0) minutes." },
        certificateRefused: "Your certificate was not accepted. Please log in another way.",
        unavailable: "Logging in is not possible at the moment. Please try again in a few minutes.",
        formExpired: "This page was open for too long. Please log in again.",
        boundSession: """
            Your session was opened with a certificate and can be used with it only. Continue with \
            the certificate, or log in again.
            """)
}

extension Messages.About {
    fileprivate static let english = Self(
        information: "About this application",
        privacy: "Privacy",
        contacts: "Questions?")
}

extension Messages.ConfirmEntry {
    fileprivate static let english = Self(
        title: "Go on to this application?",
        text: .init { "You are about to be logged in to \($0)." },
        user: "Logged in as",
        doNotAskAgain: "Do not ask me again",
        proceed: "Continue",
        cancel: "Cancel")
}

extension Messages.PostResponse {
    fileprivate static let english = Self(
        title: "One moment, please",
        to: .init { "You are on your way to \($0)." },
        text: "If nothing happens, press the button.",
        proceed: "Continue",
        impossible: "The address of this application does not work. Please go back to it and "
            + "start again, or tell the people who run it.")
}

extension Messages.Session {
    fileprivate static let english = Self(
        title: "You are logged in",
        text: "You can now open your applications without logging in again.",
        user: "User",
        since: "Logged in",
        method: "Method",
        methodPassword: "Password",
        methodCertificate: "Certificate",
        until: "Session ends",
        rememberedUntil: "Remembered until",
        attributes: "Your attributes",
        logOut: "Log out",
        logOutHint: "On a shared computer, log out and close the browser when you are done.")
}

extension Messages.ConfirmLogout {
    fileprivate static let english = Self(
        title: "Log out?",
        text: .init { "You are logged in as \($0)." },
        services: .init {
            $0 == 1
                ? "You will also be logged out of the application that you have used."
                : "You will also be logged out of the \($0) applications that you have used."
        },
        logOut: "Log out",
        stay: "Stay logged in")
}

extension Messages.LoggedOut {
    fileprivate static let english = Self(
        title: "You are logged out",
        text: "Your single sign-on session has ended.",
        applications: "Also logging you out of",
        more: .init { $0 == 1 ? "and one more" : "and \($0) more" },
        background: "These applications are told in the background. That can take a moment.",
        hint: "Applications that you have used may still be open. Close the browser to be safe.",
        continueTo: .init { "Continue to \($0)" },
        logInAgain: "Log in again")
}
