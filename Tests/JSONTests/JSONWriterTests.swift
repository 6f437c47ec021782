import Testing

@testable import JSON

@Suite("JSON text") struct JSONWriterTests {
    @Test func `compact text has no blanks`() {
        let value: JSONValue = ["a": [1, 2.5, nil, true], "b": [:], "c": [], "d": "x"]
        #expect(value.text() == #"{"a":[1,2.5,null,true],"b":{},"c":[],"d":"x"}"#)
    }

    @Test func `only what JSON demands is escaped`() {
        let value = JSONValue.string("\"\\/<>&'é\u{2028}\u{7f}😀\u{0}\u{1f}\u{8}\t\n\u{c}\r")
        #expect(
            value.text()
                == #""\"\\/<>&'é"# + "\u{2028}\u{7f}" + #"😀\u0000\u001F\b\t\n\f\r""#)
    }

    @Test func `what JSON cannot say becomes null`() {
        #expect(JSONValue.array([.number(.infinity), .number(.nan)]).text() == "[null,null]")
    }

    @Test func `a service definition is laid out as Jackson does`() throws {
        let golden = #"""
            {
              "@class" : "org.apereo.cas.services.CasRegisteredService",
              "serviceId" : "^https://wiki\\.example\\.org/.*",
              "name" : "Wiki",
              "id" : 1001,
              "evaluationOrder" : 10,
              "attributeReleasePolicy" : {
                "@class" : "org.apereo.cas.services.ReturnAllowedAttributeReleasePolicy",
                "allowedAttributes" : [ "java.util.ArrayList", [ "mail", "sn" ] ]
              },
              "contacts" : [ {
                "name" : "Desk"
              }, {
                "name" : "Night"
              } ],
              "properties" : { },
              "environments" : [ ]
            }
            """#
        let value = try JSONValue(parsing: golden)
        #expect(value.text(indented: true) == golden)
    }

    @Test func `a service definition as operators write it is read`() throws {
        let text = #"""
            /* the portal */
            {
              "@class": "org.apereo.cas.services.RegexRegisteredService",
              "serviceId": "^(https|imaps)://portal\\.example\\.org(/.*)?$", // doubled backslashes
              "name": "Portal", "id": 10000001,
              # who may enter
              "accessStrategy": {
                "@class": "org.apereo.cas.services.DefaultRegisteredServiceAccessStrategy",
                "enabled": true, "ssoEnabled": false,
                "requiredAttributes": {
                  "@class": "java.util.HashMap",
                  "memberOf": [ "java.util.HashSet", [ "staff", "faculty", ] ],
                },
              },
            }
            """#
        let object = try #require(JSONValue(parsing: text, dialect: .relaxed).objectValue)
        #expect(object["serviceId"] == .string(#"^(https|imaps)://portal\.example\.org(/.*)?$"#))
        let access = try #require(object["accessStrategy"]?.objectValue)
        #expect(
            access["requiredAttributes"] == [
                "@class": "java.util.HashMap",
                "memberOf": ["java.util.HashSet", ["staff", "faculty"]],
            ])
        #expect(object.member("accessStrategy")?.line == 7)
    }
}
