internal import JOSE

// What `casd check` prints of the tokens: never a key.
extension Configuration {
    var jwtLines: [(String, String)] {
        let login = jwt.login
        let required = LoginByToken.RequiredClaim.allCases.filter(login.required.contains)
        return [
            ("issuer", jwt.issuer ?? "null"),
            ("strategy", jwt.order.rawValue.lowercased()),
            ("layout", jwt.layout.rawValue),
            (
                "signing",
                "{ enabled: \(jwt.signing.isEnabled), "
                    + "algorithm: \(jwt.signing.algorithm?.rawValue ?? "null"), "
                    + "\(shown(jwt.signing.key)) }"
            ),
            (
                "encryption",
                "{ enabled: \(jwt.encryption.isEnabled), "
                    + "method: \(jwt.encryption.method.rawValue), "
                    + "\(shown(jwt.encryption.key)) }"
            ),
            (
                "service_ticket_lifetime",
                jwt.serviceTicketLifetime.map(described) ?? "null"
            ),
            ("claims_from_request", list(jwt.claimsFromRequest)),
            ("redirect_parameter", "\(jwt.sendsRedirectParameter)"),
            (
                "login_by_token",
                "{ enabled: \(login.isEnabled), "
                    + "algorithms: \(list(login.algorithms.map(\.rawValue))), "
                    + "require: \(list(required.map(\.rawValue))), "
                    + "issuers: \(list(login.issuers)), "
                    + "max_lifetime: \(described(login.lifetimeMax)), "
                    + "endpoint: \(login.hasEndpoint) }"
            ),
        ]
    }

    private func shown(_ key: JWT.KeySource?) -> String {
        switch key {
        case nil: "key: null, key_file: null"
        case .text: "key: (set)"
        case .file(let path): "key_file: \(path)"
        }
    }
}
