/// Stylesheets of the operator's, by the names under which service definitions ask for them.
///
/// A theme comes after the stylesheet of all pages, so it needs to say only what is different.
package struct Themes: Sendable {
    /// The largest theme, in bytes.
    package static let bytesMax = 64 << 10
    /// How many there are at most.
    package static let countMax = 200
    /// Where they are served, below the prefix of the server; the name follows.
    package static let path = "/assets/themes/"

    private let sheets: [String: [UInt8]]

    /// - Parameter sheets: Names as ``isName(_:)`` takes them, and stylesheets in UTF-8.
    package init(_ sheets: [String: [UInt8]] = [:]) {
        self.sheets = sheets
    }

    /// Whether a text can be the name of a theme: 1 to 64 letters, digits, `-` and `_`.
    package static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
                default: false
                }
            }
    }

    /// The stylesheet of that name.
    subscript(name: String) -> [UInt8]? { sheets[name] }

    /// The address that pages link to, which changes with the content; `nil` if there is none of
    /// that name.
    func address(of name: String?, prefix: String) -> String? {
        guard let name, let sheet = sheets[name] else { return nil }
        return "\(prefix)\(Self.path)\(name)?v=\(Stylesheet.version(of: sheet))"
    }

    var names: [String] { sheets.keys.sorted() }
}
