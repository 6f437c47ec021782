internal import JSON

/// The text of a definition that comes without a number, and the number put into it.
enum DefinitionInsertion {
    /// The text with a number in it.
    ///
    /// A text without the member keeps its lines, its comments and its order: the number comes
    /// first in the line of the opening brace, so that what is said about a line stays true. One
    /// that has the member with another value is written anew.
    ///
    /// - Parameters:
    ///   - text: JSON with comments, an object.
    ///   - object: What the text means.
    static func text(_ text: [UInt8], _ object: JSONObject, with id: Int64) -> [UInt8] {
        if object["id"] == .integer(id) { return text }
        if object.member("id") == nil, let brace = openingBrace(of: text) {
            let comma = object.members.isEmpty ? "" : ","
            return Array(text[...brace]) + Array(" \"id\" : \(id)\(comma)".utf8)
                + Array(text[(brace + 1)...])
        }
        var changed = object
        changed["id"] = .integer(id)
        return Array((JSONValue.object(changed).text(indented: true) + "\n").utf8)
    }

    /// Where the object begins, behind blanks and comments.
    private static func openingBrace(of text: [UInt8]) -> Int? {
        var place = 0
        while place < text.count {
            let rest = text[place...]
            if rest.starts(with: "/*".utf8) {
                guard let end = rest.dropFirst(2).firstRange(of: Array("*/".utf8)) else {
                    return nil
                }
                place = end.upperBound
            } else if rest.starts(with: "//".utf8) || rest.first == UInt8(ascii: "#") {
                place = rest.firstIndex(of: UInt8(ascii: "\n")) ?? text.count
            } else if text[place] == UInt8(ascii: "{") {
                return place
            } else if text[place] <= 0x20 {
                place += 1
            } else {
                return nil
            }
        }
        return nil
    }
}
