/// The question before the browser goes on to a service, for whoever asked for it (`warn`).
///
/// The form posts `execution`, `_eventId` `proceed`, and `ignorewarn` `true` if that box is ticked.
package struct ConfirmEntryPage: Sendable {
    package var service: ServiceLabel
    package var details: ServiceDetails?
    /// Where the form is posted to, query included.
    package var action: String
    /// The sealed form value.
    package var execution: String
    /// Where one goes who does not want to; http(s) or a path of our own.
    package var cancelAddress: String
    package var user: String

    package init(
        service: ServiceLabel, details: ServiceDetails? = nil, action: String, execution: String,
        cancelAddress: String, user: String
    ) {
        self.service = service
        self.details = details
        self.action = action
        self.execution = execution
        self.cancelAddress = cancelAddress
        self.user = user
    }

    /// The `Content-Security-Policy` that this page needs.
    package var contentSecurityPolicy: String {
        Pages.contentSecurityPolicy(imageOrigins: details?.imageOrigins ?? [])
    }
}

/// The form that carries the answer to a service which wants it posted (`method=POST`).
///
/// It sends itself; without scripts there is a button.
package struct PostResponsePage: Sendable {
    /// The address of the service; without http(s) there is no form.
    package var address: String
    /// The fields, in order.
    package var fields: [(name: String, value: String)]
    /// Which service it is.
    package var service: ServiceLabel?

    package init(
        address: String, fields: [(name: String, value: String)], service: ServiceLabel? = nil
    ) {
        self.address = address
        self.fields = fields
        self.service = service
    }

    /// The `Content-Security-Policy` that this page needs.
    package var contentSecurityPolicy: String { Self.policy }

    private static let policy = Pages.contentSecurityPolicy(scriptHashes: [Pages.submitScriptHash])
}
