package import OpenSSL

/// A distinguished name for comparing: equal if attributes and values are, byte by byte, however
/// the name is written and whatever type of string it has.
package struct DistinguishedNameKey: Hashable, Sendable {
    let bytes: [UInt8]

    package init(_ name: DistinguishedName) {
        self.init(
            groups: name.groups.map { group in
                group.map { attribute in
                    Self.element(
                        attribute.identifier,
                        attribute.text.map { Array($0.utf8) }, der: attribute.der)
                }
            })
    }

    /// - Parameter groups: The relative names, the most general first.
    init(groups: [[[UInt8]]]) {
        bytes = groups.flatMap { group in
            let sorted = group.sorted { $0.lexicographicallyPrecedes($1) }
            return Array("\(sorted.count):".utf8) + sorted.joined()
        }
    }

    /// An attribute with its text, or with its DER if it has none.
    static func element(_ identifier: String, _ text: [UInt8]?, der: [UInt8]) -> [UInt8] {
        let value = text ?? der
        return Array("\(identifier)\(text == nil ? "#" : "=")\(value.count):".utf8) + value
    }
}
