extension Messages {
    /// The English texts.
    package static let english = Messages(
        language: "en", siteName: "Single sign-on", login: .english, failures: .english,
        session: .english, loggedOut: .english, refusals: .english, errors: .english)
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
        certificate: "Log in with a certificate")
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
        certificateRefused: "Your certificate was not accepted. You can use your password instead.",
        unavailable: "Logging in is not possible at the moment. Please try again in a few minutes.",
        formExpired: "This page was open for too long. Please log in again.")
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
        attributes: "Your attributes",
        logOut: "Log out",
        logOutHint: "On a shared computer, log out and close the browser when you are done.")
}

extension Messages.LoggedOut {
    fileprivate static let english = Self(
        title: "You are logged out",
        text: "Your single sign-on session has ended.",
        hint: "Applications that you have used may still be open. Close the browser to be safe.",
        continueTo: .init { "Continue to \($0)" },
        logInAgain: "Log in again")
}

extension Messages.Refusals {
    fileprivate static let english = Self(
        notRegistered: .init(
            title: "Application not registered",
            text: "The application that sent you here may not use this login service."),
        notRegisteredHint: "If you think it should, tell the people who run the application.",
        accessDenied: .init(
            title: "No access",
            text: "You are logged in, but your account may not use this application."),
        accessDeniedHint: "If you think it should, contact your help desk.",
        service: "Application",
        user: "User",
        logOut: "Log out")
}

extension Messages.Errors {
    fileprivate static let english = Self(
        malformedRequest: .init(
            title: "Request not understood",
            text: "The request was malformed. Go back to the application and start again."),
        repeatedParameter: .init(
            title: "Request not understood",
            text: "The address holds the same parameter more than once."),
        invalidService: .init(
            title: "Application address not valid",
            text: "The address of the application that sent you here is not a valid one."),
        credentialsInAddress: .init(
            title: "Password in the address",
            text: "A username or a password must never be part of an address. It may have been "
                + "recorded on the way: please change that password, and use the login page."),
        notFound: .init(
            title: "Page not found",
            text: "There is nothing at this address."),
        methodNotAllowed: .init(
            title: "Method not allowed",
            text: "This address does not accept that kind of request."),
        tooLarge: .init(
            title: "Request too large",
            text: "The request was larger than this server accepts."),
        unsupportedContentType: .init(
            title: "Request not understood",
            text: "This address does not accept that type of content."),
        tooManyRequests: .init(
            title: "Too many requests",
            text: "Please wait a little and try again."),
        internalError: .init(
            title: "Something went wrong",
            text: "The server could not finish your request. It is not your fault. "
                + "Please try again in a few minutes."),
        unavailable: .init(
            title: "Not available at the moment",
            text: "The login service cannot answer now. Please try again in a few minutes."),
        incident: .init { "Incident \($0)" },
        status: .init { "Error \($0)" })
}
