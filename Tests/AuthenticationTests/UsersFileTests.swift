import Authentication
import CASProtocol
import Password
import Platform
import Testing

/// Hashes of "Mellon" that cost next to nothing.
enum Sample {
    static let bcrypt = "$2b$04$CCCCCCCCCCCCCCCCCCCCC." + String(repeating: "a", count: 31)
    static let argon2 =
        "$argon2id$v=19$m=1024,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA"
        + "$wQR9Ng6XWkX89vXXnZ15t6xdPa6q3hlDOQkow/uFEis"

    static func users(_ text: String, allowsPlaintext: Bool = false) -> UsersFile {
        UsersFile(Array(text.utf8), file: "users.json", allowsPlaintext: allowsPlaintext)
    }
}

@Suite("Apereo's JSON format of users") struct UsersFileTests {
    @Test func `plain JSON is read`() throws {
        let users = Sample.users(
            """
            {
              "casuser": {
                "password": "\(Sample.argon2)",
                "attributes": {
                  "mail": "casuser@example.org", "memberOf": ["staff", "admin"],
                  "age": 42, "isHuman": true, "nothing": null
                }
              }
            }
            """)
        #expect(users.problems.isEmpty)
        let account = try #require(users["casuser"])
        #expect(account.status == .ok)
        #expect(account.expiration == nil)
        #expect(
            account.attributes
                == Attributes([
                    ("mail", ["casuser@example.org"]), ("memberOf", ["staff", "admin"]),
                    ("age", ["42"]), ("isHuman", ["true"]),
                ]))
        #expect(users.count == 1)
        #expect(users["Casuser"] == nil)
    }

    @Test func `Java's type names are read`() throws {
        let users = Sample.users(
            """
            {
              "@class": "java.util.LinkedHashMap",
              "casuser": {
                "@class": "org.apereo.cas.adaptors.generic.CasUserAccount",
                "password": "\(Sample.argon2)",
                "attributes": {
                  "@class": "java.util.LinkedHashMap",
                  "mail": ["java.util.ArrayList", ["a@example.org", "b@example.org"]],
                  "groups": ["java.util.HashSet", []],
                  "age": ["java.lang.Long", 42],
                  "pair": ["one", "two"]
                },
                "status": "OK",
                "expirationDate": "2030-02-28",
                "warnings": ["java.util.ArrayList", ["warning1", "warning2"]]
              }
            }
            """)
        #expect(users.problems.isEmpty)
        let account = try #require(users["casuser"])
        #expect(
            account.attributes
                == Attributes([
                    ("mail", ["a@example.org", "b@example.org"]), ("age", ["42"]),
                    ("pair", ["one", "two"]),
                ]))
        #expect(account.warnings == ["warning1", "warning2"])
        #expect(account.expiration?.rfc3339 == "2030-02-28T00:00:00.000Z")
    }

    @Test func `every problem is listed with its place and the other entries work`() {
        let users = Sample.users(
            """
            {
              "good": { "password": "\(Sample.argon2)" },
              "plain": { "password": "Mellon" },
              "empty": { "password": "" },
              "none": {},
              "list": [],
              "status": { "password": "\(Sample.argon2)", "status": "FINE" },
              "unknown": { "password": "\(Sample.argon2)", "color": 1 },
              "date": { "password": "\(Sample.argon2)", "expirationDate": "2030-02-30" },
              "deep": { "password": "\(Sample.argon2)", "attributes": { "a": { "b": 1 } } },
              "class": { "@class": "java.lang.Runtime", "password": "\(Sample.argon2)" },
              "typed": {
                "password": "\(Sample.argon2)",
                "attributes": { "a": ["java.lang.Runtime", ["x"]] }
              },
              "dear": { "password": "$6$rounds=999999999$a$\(String(repeating: "a", count: 86))" }
            }
            """)
        #expect(users.count == 1)
        #expect(users["good"] != nil)
        #expect(
            users.problems.map { "\($0.line) \($0.key)" } == [
                "3 plain.password", "4 empty.password", "5 none.password", "6 list",
                "7 status.status", "8 unknown.color", "9 date.expirationDate",
                "10 deep.attributes.a", "11 class.@class", "14 typed.attributes.a",
                "16 dear.password",
            ])
        #expect(users.problems.allSatisfy { $0.file == "users.json" && !$0.reason.isEmpty })
        #expect(!users.problems.contains { $0.description.contains("Mellon") })
        #expect(users.problems[0].description.hasPrefix("users.json:3: plain.password: "))
    }

    @Test(arguments: ["", "{", "[]", "{\"a\": {}} x", "\u{FEFF}", "{\"a\":{},\"a\":{}}"])
    func `a file that is no object is one problem`(text: String) {
        let users = Sample.users(text)
        #expect(users.count == 0)
        #expect(users.problems.count == 1)
    }

    @Test func `names that look alike are different people`() {
        let users = Sample.users(
            """
            { "caf\u{E9}": { "password": "\(Sample.argon2)" } }
            """)
        #expect(users["caf\u{E9}"] != nil)
        #expect(users["cafe\u{301}"] == nil)
    }

    @Test func `a name has a bounded length and no control characters`() {
        for (name, isGood) in [
            (String(repeating: "a", count: 256), true), (String(repeating: "a", count: 257), false),
            ("", false), ("a\\u0000b", false), ("a\\nb", false), ("a b", true),
        ] {
            let users = Sample.users("{ \"\(name)\": { \"password\": \"\(Sample.argon2)\" } }")
            #expect(users.problems.isEmpty == isGood)
            #expect(users.count == (isGood ? 1 : 0))
        }
    }

    @Test func `plain text is read only where it is allowed`() {
        let text = "{ \"casuser\": { \"password\": \"Mellon\" } }"
        #expect(Sample.users(text).count == 0)
        #expect(Sample.users(text, allowsPlaintext: true).count == 1)
        #expect(Sample.users(text, allowsPlaintext: true).problems.isEmpty)
    }

    @Test func `a malformed hash is never taken for plain text`() {
        let users = Sample.users(
            "{ \"casuser\": { \"password\": \"$2b$10$short\" } }", allowsPlaintext: true)
        #expect(users.count == 0)
        #expect(users.problems.map(\.key) == ["casuser.password"])
    }

    @Test func `the imitation has the cost that most accounts have`() throws {
        let users = Sample.users(
            """
            {
              "a": { "password": "\(Sample.argon2)" }, "b": { "password": "\(Sample.bcrypt)" },
              "c": { "password": "\(Sample.bcrypt)" }
            }
            """)
        #expect(try #require(users.imitation).cost == "$2b$04")
        #expect(Sample.users("{}").imitation == nil)
    }
}
