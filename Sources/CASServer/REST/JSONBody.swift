internal import HTTP
internal import JSON

/// Why a JSON body is not one that REST takes.
struct JSONBodyFault: Error {
    let reason: String
}

extension Form {
    /// The members of a JSON object as fields: texts, numbers, true and false; `null` is left out.
    ///
    /// - Throws: If the bytes are no strict JSON object, or a member is a list or an object.
    init(jsonBody bytes: [UInt8], limit: Int) throws(JSONBodyFault) {
        let document: JSONValue
        do {
            document = try JSONValue(parsing: bytes)
        } catch {
            throw JSONBodyFault(
                reason: "no strict JSON in line \(error.line), column \(error.column)")
        }
        guard let object = document.objectValue else {
            throw JSONBodyFault(reason: "a JSON object is expected")
        }
        guard object.members.count <= limit else {
            throw JSONBodyFault(reason: "too many parameters")
        }
        var fields: [Field] = []
        for member in object.members {
            let value: String
            switch member.value {
            case .null: continue
            case .string(let text): value = text
            case .bool(let flag): value = "\(flag)"
            case .integer(let number): value = "\(number)"
            default:
                throw JSONBodyFault(reason: "parameters are texts, whole numbers, true or false")
            }
            guard !member.name.utf8.contains(0), !value.utf8.contains(0) else {
                throw JSONBodyFault(reason: "a parameter holds a NUL")
            }
            fields.append(Field(name: member.name, value: value))
        }
        self.init(fields)
    }
}
