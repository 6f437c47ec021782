internal import HTTP

/// A request that gets an error page: what the person sees, and what the log says.
struct Refusal: Error {
    let page: ErrorPage.Reason
    /// The reason class of the log line.
    let reason: String
    /// What else the operator should know; holds no secret.
    let detail: String?

    init(_ page: ErrorPage.Reason, reason: String, detail: String? = nil) {
        self.page = page
        self.reason = reason
        self.detail = detail
    }
}

extension Refusal {
    /// The refusal of a form that cannot be read.
    init(_ fault: Form.Fault) {
        switch fault {
        case .repeated(let name):
            self.init(.repeatedParameter, reason: "repeated parameter", detail: name)
        case .tooManyFields: self.init(.malformedRequest, reason: "too many parameters")
        case .notUTF8: self.init(.malformedRequest, reason: "parameter not UTF-8")
        }
    }
}
