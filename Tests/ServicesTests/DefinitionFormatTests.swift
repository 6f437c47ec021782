import CASProtocol
import JSON
import Testing

@testable import Services

private func reading(_ text: String, _ file: String) -> (RegisteredService?, [ServiceProblem]) {
    let read = RegisteredService.reading(Array(text.utf8), file: file)
    return (read.service, read.problems)
}

@Suite("What definitions are written in") struct DefinitionFormatTests {
    @Test func `YAML with tags is read`() throws {
        let text = #"""
            --- !<org.apereo.cas.services.CasRegisteredService>
            serviceId: "^https://app\\.example\\.org/.*"
            name: App
            id: 1000
            description: null
            attributeReleasePolicy: !<org.apereo.cas.services.ReturnAllowedAttributeReleasePolicy>
              allowedAttributes: !<java.util.ArrayList>
                - mail
                - "1"
            proxyPolicy: !<org.apereo.cas.services.RefuseRegisteredServiceProxyPolicy> {}
            accessStrategy: !<org.apereo.cas.services.DefaultRegisteredServiceAccessStrategy>
              enabled: true
              ssoEnabled: false
              requiredAttributes: !<java.util.HashMap>
                memberOf: [staff]
            """#
        let (found, problems) = reading(text, "App-1000.yml")
        #expect(problems.isEmpty, "\(problems)")
        let service = try #require(found)
        #expect(service.id == 1000 && service.description == nil)
        #expect(service.attributeReleasePolicy.rule == .allowed(["mail", "1"]))
        #expect(!service.accessStrategy.isSSOEnabled)
        #expect(service.accessStrategy.requiredAttributes.map(\.values) == [["staff"]])
        #expect(service.serviceId == #"^https://app\.example\.org/.*"#)
    }

    @Test func `YAML with classes as members is read, and problems have their lines`() {
        let text = """
            "@class": org.apereo.cas.services.CasRegisteredService
            serviceId: ^https://app/.*
            name: App
            id: 1
            evaluationOrder: yes
            """
        let (service, problems) = reading(text, "App-1.yaml")
        #expect(service == nil)
        #expect(problems.map(\.key) == ["evaluationOrder"] && problems.first?.line == 5)
    }

    @Test(arguments: [
        "--- !<x>", "a: &b 1", "", "- 1", "--- !<x> {a: 1, \"@class\": b}", "a: !<x> 1", "a: [",
    ])
    func `what is no definition in YAML is refused`(text: String) {
        let (service, problems) = reading(text, "x.yml")
        #expect(service == nil && problems.contains { $0.severity == .error })
    }

    @Test func `Hjson is read`() throws {
        let text = #"""
            // without braces, quotes and commas
            @class: org.apereo.cas.services.CasRegisteredService
            serviceId: ^https://app\.example\.org/.*\#u{20}\#u{20}
            name: App, the first
            id: 7
            evaluationOrder: -2 # early
            description:
              '''
              Two
                lines
              '''
            logo: 'https://app.example.org/"logo".png'
            attributeReleasePolicy: {
              @class: org.apereo.cas.services.ReturnAllowedAttributeReleasePolicy
              allowedAttributes: [
                mail
                "sn", uid
              ] /* all of them */
            }
            """#
        for file in ["App-7.hjson", "App-7.json"] {
            let (found, problems) = reading(text, file)
            #expect(problems.isEmpty, "\(problems)")
            let service = try #require(found)
            #expect(service.serviceId == #"^https://app\.example\.org/.*"#)
            #expect(service.name == "App, the first" && service.evaluationOrder == -2)
            #expect(service.description == "Two\n  lines")
            #expect(service.links.logo == #"https://app.example.org/"logo".png"#)
            #expect(service.attributeReleasePolicy.rule == .allowed(["mail", "sn", "uid"]))
        }
    }

    @Test func `what is wrong is told as it was meant`() {
        let json = reading("{\"a\": 1,\n \"b\" }", "x.json").1
        #expect(json.first?.line == 2 && json.first?.text.contains("colon") == true)
        #expect(reading("{a: '''x", "x.hjson").1.first?.text.contains("never ends") == true)
    }

    @Test(arguments: [
        ("OAuthRegisteredService", "only CAS"), ("SamlRegisteredService", "only CAS"),
    ])
    func `other protocols are told apart`(name: String, reason: String) {
        let (service, problems) = reading(
            #"{"@class": "org.apereo.cas.services.\#(name)", "id": 1}"#, "x.json")
        #expect(service == nil && problems.first?.text.contains(reason) == true)
    }

    @Test(arguments: [
        ("GroovyRegisteredServiceAccessStrategy", "scripts"),
        ("RemoteEndpointServiceAccessStrategy", "other servers"),
        ("HttpRequestRegisteredServiceAccessStrategy", "gateway"),
        ("evil.Thing", "not supported: evil.Thing"),
    ])
    func `a class that is not supported is named with the reason`(name: String, reason: String) {
        let (service, problems) = read(definition(tagged("accessStrategy", name)))
        #expect(service == nil)
        #expect(problems.first?.text.contains(name) == true)
        #expect(problems.first?.text.contains(reason) == true)
    }

    @Test func `a password is never released`() {
        let (service, problems) = read(
            definition(
                tagged(
                    "attributeReleasePolicy", "ReturnAllAttributeReleasePolicy",
                    #""authorizedToReleaseCredentialPassword": true"#)))
        #expect(service == nil && problems.first?.text.contains("ClearPass") == true)
    }
}
