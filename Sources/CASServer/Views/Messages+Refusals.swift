extension Messages {
    package struct Refusals: Sendable {
        let notRegistered: Explanation
        let notRegisteredHint: String
        let accessDenied: Explanation
        let accessDeniedHint: String
        let notYetTitle: String
        let notYet: Phrase
        let notYetHint: String
        let over: Explanation
        let overHint: String
        let providerNotAllowed: Explanation
        let providerNotAllowedHint: String
        let otherLogin: String
        let service: String
        let user: String
        let logOut: String
    }

    package struct MixedPrincipals: Sendable {
        let explanation: Explanation
        let current: String
        let attempted: String
        let hint: String
        let logOut: String
        let stay: Phrase
    }

    package struct DelegationFailed: Sendable {
        let title: String
        let refused: Phrase
        let unavailable: Phrase
        let expired: Phrase
        let notAllowed: Phrase
        let tryAgain: String
        let otherWay: String
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
