/// One request as the gateway sent it, read to its end.
///
/// A request with a ``fault`` is still handed on so that it can be answered; its body is empty
/// and its parameters, which may be cut short, must not be trusted.
package struct FastCGIRequest: Sendable {
    /// One name and its value, as the gateway sent them.
    package struct Parameter: Hashable, Sendable {
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// What is wrong with a request that could be read.
    package enum Fault: Hashable, Sendable {
        /// The body is larger than ``TransportLimits/bodyBytesMax``.
        case bodyTooLarge
        /// There are more parameters than ``TransportLimits/parameterCountMax``.
        case tooManyParameters
        /// The parameters are longer than ``TransportLimits/parameterBytesMax``.
        case parametersTooLarge
        /// A parameter that decides about trust came twice; the gateway is misconfigured.
        case duplicateParameter(String)
        /// A name or a value is not valid UTF-8.
        case invalidText
    }

    /// In the order of the wire; names that do not matter for security may occur twice.
    package var parameters: [Parameter]
    /// At most ``TransportLimits/bodyBytesMax`` bytes.
    package var body: [UInt8]
    package var fault: Fault?

    package init(parameters: [Parameter], body: [UInt8] = [], fault: Fault? = nil) {
        self.parameters = parameters
        self.body = body
        self.fault = fault
    }

    /// The value of the first parameter of that name.
    package func value(_ name: String) -> String? {
        parameters.first { $0.name == name }?.value
    }
}
