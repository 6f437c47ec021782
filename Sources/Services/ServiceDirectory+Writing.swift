internal import JSON
internal import OpenSSL
internal import Platform

extension ServiceDirectory {
    /// One definition as its file has it.
    package struct StoredDefinition: Hashable, Sendable {
        package let id: Int64
        package let file: String
        package let content: [UInt8]

        /// Thirty-two hexadecimal digits that tell this content from every other one.
        package var version: String { hexadecimal(Array(sha256(content).prefix(16))) }

        /// The content as JSON that anybody reads: as it is if it is JSON without comments and
        /// without secrets of tokens, otherwise written anew and without their values; `nil` if
        /// the file cannot be read.
        package var json: [UInt8]? {
            if let value = try? JSONValue(parsing: content), value.objectValue != nil,
                ServiceSecrets.hidden(value) == value
            {
                return content
            }
            // Losing the error is right: the load reports it.
            guard let object = try? DefinitionText.parse(content, file: file) else { return nil }
            let shown = ServiceSecrets.hidden(.object(object))
            return Array((shown.text(indented: true) + "\n").utf8)
        }
    }

    /// What a change expects of what is there, so that nobody overwrites what they have not seen.
    package enum Expectation: Hashable, Sendable {
        /// Nothing in particular.
        case anything
        /// A definition must be there.
        case existing
        /// None may be there.
        case missing
        /// The definition must have one of these ``StoredDefinition/version``s.
        case versions(Set<String>)

        func isMet(by stored: StoredDefinition?) -> Bool {
            switch self {
            case .anything: true
            case .existing: stored != nil
            case .missing: stored == nil
            case .versions(let versions): stored.map { versions.contains($0.version) } ?? false
            }
        }
    }

    /// What was changed.
    package struct Change: Hashable, Sendable {
        package let definition: StoredDefinition
        package let name: String
        /// Whether there was no definition of that number before.
        package let isNew: Bool
    }

    /// Why nothing was changed.
    package enum ChangeRefusal: Error, Hashable, Sendable {
        /// The text is no definition that casd would use; what is wrong with it.
        case invalid([ServiceProblem])
        /// The change does not go with what is there; why.
        case conflict(String)
        /// There is something else than was expected.
        case unexpected
        /// There is no definition of that number.
        case unknown
        /// There are secrets of tokens in what is there or in what would be: those are changed in
        /// the file itself.
        case secrets
        /// Other changes are being made all the time.
        case busy
        /// The files cannot be read or written; why, for the operator.
        case unwritable(String)
    }
}
