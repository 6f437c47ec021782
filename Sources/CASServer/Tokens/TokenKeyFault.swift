/// Why a key cannot be used; says where it is, never what it is.
package struct TokenKeyFault: Error, Hashable, CustomStringConvertible {
    /// The file, or what the configuration calls the key; `nil` while only the caller knows.
    package var place: String?
    package var reason: String

    package init(_ reason: String, at place: String? = nil) {
        self.place = place
        self.reason = reason
    }

    package init(file: String?, reason: String) {
        self.init(reason, at: file)
    }

    package var description: String { place.map { "\($0): \(reason)" } ?? reason }

    /// The same with what the key is called before it.
    package func of(_ name: String) -> TokenKeyFault {
        TokenKeyFault(place.map { "\($0): \(reason)" } ?? reason, at: name)
    }
}
