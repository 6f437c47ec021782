package import Platform

/// The proof that a login form came from us, to this browser, not long ago.
///
/// It is a sealed value in the form (`execution` and `lt`) that opens only together with a cookie
/// of the browser, so another site can neither make one nor use its own (login request forgery).
package struct LoginForm: Sendable {
    /// How long a form can be sent in.
    package static let lifetime: Duration = .seconds(3600)

    private let sealer: Sealer
    private let random: RandomBytes

    package init(sealer: Sealer, random: @escaping RandomBytes) {
        self.sealer = sealer
        self.random = random
    }

    /// A fresh value for the cookie.
    package func mintBinding() -> String { base64(random(18), .url) }

    /// Whether a cookie's value is one that we mint.
    package static func isBinding(_ text: String) -> Bool {
        bytes(base64: text, .url)?.count == 18
    }

    /// The value of the form fields for a browser with that cookie.
    package func execution(binding: String, at now: Instant) throws -> String {
        var value = random(8)
        for shift in stride(from: 56, through: 0, by: -8) {
            value.append(UInt8(truncatingIfNeeded: now.milliseconds >> Int64(shift)))
        }
        return try sealer.seal(value, for: .loginForm, context: binding)
    }

    /// Why a form is not taken.
    package enum Fault: String, Error, Sendable { case missing, foreign, expired }

    /// Checks the value of the form against the browser's cookies.
    package func check(_ execution: String?, bindings: [String], at now: Instant) throws(Fault) {
        guard let execution, !execution.isEmpty, !bindings.isEmpty else { throw .missing }
        for binding in bindings {
            guard let value = sealer.open(execution, for: .loginForm, context: binding),
                value.count == 16
            else { continue }
            let milliseconds = value[8...].reduce(Int64(0)) { $0 << 8 | Int64($1) }
            let age = now - Instant(milliseconds: milliseconds)
            guard age <= Self.lifetime, age >= .seconds(-60) else { throw .expired }
            return
        }
        throw .foreign
    }
}
