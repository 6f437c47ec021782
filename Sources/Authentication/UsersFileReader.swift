internal import CASProtocol
internal import JSON
internal import Password
internal import Platform

/// Reads Apereo's JSON format of users, plain or with Java's type names, and notes each problem.
struct UsersFileReader {
    private static let nameBytesMax = 256
    private static let mapClasses: Set = [
        "java.util.LinkedHashMap", "java.util.HashMap", "java.util.TreeMap",
    ]
    private static let accountClasses: Set = [
        "org.apereo.cas.adaptors.generic.CasUserAccount",
        "org.apereo.cas.authentication.CasUserAccount",
    ]

    let file: String
    let allowsPlaintext: Bool
    private(set) var problems: [UsersFileProblem] = []

    init(file: String, allowsPlaintext: Bool) {
        self.file = file
        self.allowsPlaintext = allowsPlaintext
    }

    mutating func read(_ content: [UInt8]) -> [UserAccount] {
        let root: JSONValue
        do throws(JSONSyntaxError) {
            root = try JSONValue(parsing: content, dialect: .relaxed)
        } catch {
            note(error.line, "", "no JSON: \(error.reason) (column \(error.column))")
            return []
        }
        guard let object = root.objectValue else {
            note(1, "", "the users must be an object, not \(root.kindText)")
            return []
        }
        var accounts: [UserAccount] = []
        for member in object.members {
            if member.name == "@class" {
                checkClass(member, key: "@class", allowed: Self.mapClasses)
            } else if let account = self.account(member) {
                accounts.append(account)
            }
        }
        return accounts
    }

    private mutating func note(_ line: Int, _ key: String, _ reason: String) {
        problems.append(UsersFileProblem(file: file, line: line, key: key, reason: reason))
    }

    private mutating func checkClass(_ member: JSONMember, key: String, allowed: Set<String>) {
        guard let name = member.value.stringValue, allowed.contains(name) else {
            note(member.line, key, "not supported; known are \(list(allowed))")
            return
        }
    }

    private func list(_ words: some Sequence<String>) -> String {
        words.sorted().joined(separator: ", ")
    }

    /// The account of an entry, or `nil` if anything in it is wrong.
    private mutating func account(_ entry: JSONMember) -> UserAccount? {
        let known = problems.count
        if let reason = nameFault(entry.name) { note(entry.line, entry.name, reason) }
        guard let object = entry.value.objectValue else {
            note(entry.line, entry.name, "must be an object, not \(entry.value.kindText)")
            return nil
        }
        var password: StoredPassword?
        var attributes = Attributes()
        var status = AccountStatus.ok
        var expiration: Instant?
        var warnings: [String] = []
        for member in object.members {
            let key = "\(entry.name).\(member.name)"
            switch member.name {
            case "@class": checkClass(member, key: key, allowed: Self.accountClasses)
            case "password": password = self.password(member, key: key)
            case "attributes": attributes = self.attributes(member, key: key)
            case "status": status = self.status(member, key: key) ?? .disabled
            case "expirationDate": expiration = self.expiration(member, key: key)
            case "warnings": warnings = texts(member, key: key)
            default:
                note(
                    member.line, key,
                    "unknown; known are attributes, expirationDate, password, status, warnings")
            }
        }
        if object["password"] == nil { note(entry.line, "\(entry.name).password", "missing") }
        guard let password, problems.count == known else { return nil }
        return UserAccount(
            name: entry.name, password: password, attributes: attributes, status: status,
            expiration: expiration, warnings: warnings)
    }

    private func nameFault(_ name: String) -> String? {
        guard (1...Self.nameBytesMax).contains(name.utf8.count) else {
            return "a name has 1 to \(Self.nameBytesMax) bytes"
        }
        guard !name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else { return "a name has no control characters" }
        return nil
    }

    private mutating func password(_ member: JSONMember, key: String) -> StoredPassword? {
        guard let text = member.value.stringValue, !text.isEmpty else {
            note(member.line, key, "must be a text that is not empty")
            return nil
        }
        do throws(PasswordHashError) {
            return .hash(try PasswordHash(text))
        } catch .unknownScheme {
            if allowsPlaintext, text.utf8.count <= PasswordHash.passwordBytesMax {
                return .plaintext(text)
            }
            note(
                member.line, key,
                "no hash of a known scheme; `casd password` makes one, and plain text needs "
                    + "authentication.users.allow_plaintext")
        } catch {
            note(member.line, key, error.description)
        }
        return nil
    }

    private mutating func status(_ member: JSONMember, key: String) -> AccountStatus? {
        guard let text = member.value.stringValue, let status = AccountStatus(rawValue: text) else {
            note(
                member.line, key,
                "unknown; known are \(list(AccountStatus.allCases.map(\.rawValue)))")
            return nil
        }
        return status
    }

    private mutating func expiration(_ member: JSONMember, key: String) -> Instant? {
        if member.value == .null { return nil }
        guard let text = member.value.stringValue, let day = self.day(text) else {
            note(member.line, key, "must be a date like 2030-12-31")
            return nil
        }
        return Instant(milliseconds: day.daysSinceEpoch * 86_400_000)
    }

    private func day(_ text: String) -> CivilDate? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2],
            parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } })
        else { return nil }
        let numbers = parts.compactMap { Int64($0) }
        guard numbers.count == 3, (1...12).contains(numbers[1]), (1...31).contains(numbers[2])
        else { return nil }
        let date = CivilDate(year: numbers[0], month: numbers[1], day: numbers[2])
        // 31 February would silently become a day in March.
        return CivilDate(daysSinceEpoch: date.daysSinceEpoch) == date ? date : nil
    }

    private mutating func attributes(_ member: JSONMember, key: String) -> Attributes {
        var attributes = Attributes()
        if member.value == .null { return attributes }
        guard let object = member.value.objectValue else {
            note(member.line, key, "must be an object, not \(member.value.kindText)")
            return attributes
        }
        for attribute in object.members {
            let attributeKey = "\(key).\(attribute.name)"
            if attribute.name == "@class" {
                checkClass(attribute, key: attributeKey, allowed: Self.mapClasses)
            } else if attribute.name.isEmpty {
                note(attribute.line, attributeKey, "an attribute needs a name")
            } else {
                attributes.add(texts(attribute, key: attributeKey), to: attribute.name)
            }
        }
        return attributes
    }

    /// The values of a member: one, a list, or either behind the name of a Java class.
    private mutating func texts(_ member: JSONMember, key: String) -> [String] {
        guard let values = JavaCollection.texts(member.value) else {
            note(
                member.line, key,
                "must be a text, number or boolean, or a list of them, plain or as "
                    + "[\"java.util.ArrayList\", […]]")
            return []
        }
        return values
    }
}
