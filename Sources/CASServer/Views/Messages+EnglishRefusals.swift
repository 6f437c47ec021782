extension Messages.Refusals {
    static let english = Self(
        notRegistered: .init(
            title: "Application not registered",
            text: "The application that sent you here may not use this login service."),
        notRegisteredHint: "If you think it should, tell the people who run the application.",
        accessDenied: .init(
            title: "No access",
            text: "You are logged in, but your account may not use this application."),
        accessDeniedHint: "If you think it should, contact your help desk.",
        notYetTitle: "Not open yet",
        notYet: .init { "This application opens on \($0)." },
        notYetHint: "Please come back then.",
        over: .init(
            title: "No longer open",
            text: "The time in which this application could be used is over."),
        overHint: "If you still need it, contact your help desk.",
        providerNotAllowed: .init(
            title: "Please log in another way",
            text: "This application does not accept the way in which you are logged in."),
        providerNotAllowedHint: "If you know no other way, contact your help desk.",
        otherLogin: "Log in another way",
        service: "Application",
        user: "User",
        logOut: "Log out")
}

extension Messages.MixedPrincipals {
    static let english = Self(
        explanation: .init(
            title: "You are already logged in",
            text: "You logged in just now under another name than before."),
        current: "Logged in as",
        attempted: "New login as",
        hint: "To change to the other name, log out first and then log in again.",
        logOut: "Log out",
        stay: .init { "Stay logged in as \($0)" })
}

extension Messages.DelegationFailed {
    static let english = Self(
        title: "Login did not work",
        refused: .init { "\($0) did not log you in. You can try again." },
        unavailable: .init {
            "\($0) does not answer at the moment. Please try again in a few minutes."
        },
        expired: .init { "Logging in with \($0) took too long. Please try again." },
        notAllowed: .init {
            "You cannot use \($0) to log in to this application. Please log in another way."
        },
        tryAgain: "Try again",
        otherWay: "Log in another way")
}

extension Messages.Errors {
    static let english = Self(
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
