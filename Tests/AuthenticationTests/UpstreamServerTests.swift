import Authentication
import CASProtocol
import Platform
import Testing

@Suite("Another CAS server that vouches for people") struct UpstreamServerTests {
    private let noon = Instant(milliseconds: 1_893_499_200_000)  // 2030-01-01T12:00:00Z
    private let callback = "https://sso.example.org/cas/delegated/campus?state=a+b/c="

    /// The addresses that were asked for.
    private final class Asked: Sendable {
        let urls = Lock<[String]>([])
    }

    private func upstream(
        _ body: String, _ version: UpstreamProtocol = .cas3, asked: Asked = Asked()
    ) -> UpstreamServer {
        UpstreamServer(
            name: "campus", label: "Campus", baseURL: "https://idp.example.net/cas",
            version: version
        ) { url in
            asked.urls.withLock { $0.append(url) }
            return Array(body.utf8)
        }
    }

    private func success(_ content: String) -> String {
        "<cas:serviceResponse xmlns:cas='http://www.yale.edu/tp/cas'><cas:authenticationSuccess>"
            + content + "</cas:authenticationSuccess></cas:serviceResponse>"
    }

    private func outcome(
        _ upstream: UpstreamServer
    ) -> Result<Vouched, UpstreamFailure> {
        Result { () throws(UpstreamFailure) in
            try upstream.authenticate(ticket: "ST-1", service: callback, at: noon)
        }
    }

    @Test(
        arguments: [
            (.cas1, "/validate"), (.cas2, "/serviceValidate"), (.cas3, "/p3/serviceValidate"),
        ] as [(UpstreamProtocol, String)])
    func `each version asks its own endpoint, with every character encoded`(
        version: UpstreamProtocol, path: String
    ) throws {
        let asked = Asked()
        let body = version == .cas1 ? "yes\nalice\n" : success("<cas:user>alice</cas:user>")
        let found = try outcome(upstream(body, version, asked: asked)).get()
        #expect(found.principal == Principal(id: "alice"))
        #expect(
            asked.urls.withLock { $0 } == [
                "https://idp.example.net/cas\(path)?service=https%3A%2F%2Fsso.example.org%2Fcas"
                    + "%2Fdelegated%2Fcampus%3Fstate%3Da%2Bb%2Fc%3D&ticket=ST-1"
            ])
    }

    @Test func `a hostile ticket adds no parameter`() throws {
        let asked = Asked()
        let upstream = upstream(success("<cas:user>alice</cas:user>"), asked: asked)
        _ = try upstream.authenticate(
            ticket: "ST-1&service=https://evil/#", service: callback, at: noon)
        let url = asked.urls.withLock { $0.first } ?? ""
        #expect(url.hasSuffix("&ticket=ST-1%26service%3Dhttps%3A%2F%2Fevil%2F%23"))
    }

    @Test func `the login is an event of its own`() throws {
        let event = try outcome(upstream(success("<cas:user>alice</cas:user>"))).get().event
        #expect(event.date == noon && !event.isLongTerm)
        #expect(event.handlers == ["delegated:campus"])
        #expect(event.credentialTypes == ["ClientCredential"])
    }

    private let attributes = """
        <cas:user>alice</cas:user><cas:attributes>\
        <cas:authenticationDate>x</cas:authenticationDate>\
        <cas:isFromNewLogin>true</cas:isFromNewLogin><cas:longTermAuthenticationRequestTokenUsed>\
        true</cas:longTermAuthenticationRequestTokenUsed><cas:mail>a@x</cas:mail>\
        <cas:group>one</cas:group><cas:group>two</cas:group></cas:attributes>
        """

    @Test func `all attributes are taken but those of the upstream's login`() throws {
        let found = try outcome(upstream(success(attributes))).get().principal.attributes
        #expect(found.entries.map(\.name) == ["mail", "group"])
        #expect(found["group"] == ["one", "two"])
    }

    @Test func `only named attributes are taken, under their new names, behind the prefix`() throws
    {
        var upstream = upstream(success(attributes))
        upstream.attributeNames = [
            (from: "mail", to: "email"), (from: "missing", to: "nothing"),
            (from: "group", to: "memberOf"),
        ]
        upstream.attributePrefix = "up_"
        let found = try outcome(upstream).get().principal.attributes
        #expect(found["up_email"] == ["a@x"] && found["up_memberOf"] == ["one", "two"])
        #expect(found["up_nothing"] ?? [] == [] && found["mail"] == nil)
    }

    @Test func `the principal may be an attribute, and has the suffix`() throws {
        var upstream = upstream(success(attributes))
        upstream.principalSuffix = "@campus"
        #expect(try outcome(upstream).get().principal.id == "alice@campus")
        upstream.principalAttribute = "mail"
        #expect(try outcome(upstream).get().principal.id == "a@x@campus")
        for (name, why) in [("missing", "no value"), ("group", "two values")] {
            upstream.principalAttribute = name
            #expect(
                outcome(upstream).map(\.principal.id) == .failure(.nameless(attribute: name)),
                "\(why)")
        }
    }

    @Test(arguments: ["", " ", "ad\nmin", "a\tb", "admin\u{A0}", "\u{2003}admin", "a\u{7F}"])
    func `a value that services would read as another name names nobody`(value: String) {
        #expect(!UpstreamAnswer.isUserName(value))
        #expect(!UpstreamAnswer.isUserName(String(repeating: "x", count: 513)))
        #expect(UpstreamAnswer.isUserName("Jürgen O'Neil+x@example.org"))
    }

    @Test func `what goes wrong is told apart`() throws {
        let refused =
            "<cas:serviceResponse xmlns:cas='http://www.yale.edu/tp/cas'>"
            + "<cas:authenticationFailure code='INVALID_TICKET'/></cas:serviceResponse>"
        guard case .failure(let refusal) = outcome(upstream(refused)),
            case .failure(let garbage) = outcome(upstream("garbage")),
            case .failure(let plain) = outcome(upstream("no\n\n", .cas1))
        else {
            Issue.record("taken")
            return
        }
        #expect(refusal == .refused(code: "INVALID_TICKET") && !refusal.isOutage)
        #expect(garbage == .unreadable(.notXML) && garbage.isOutage)
        #expect(plain == .refused(code: "no") && !plain.isOutage)
        let down = UpstreamServer(name: "a", label: "b", baseURL: "https://x", version: .cas2) {
            _ throws(UpstreamFailure) in throw .unreachable("timeout")
        }
        guard case .failure(let outage) = outcome(down) else {
            Issue.record("taken")
            return
        }
        #expect(outage == .unreachable("timeout") && outage.isOutage)
        #expect(outage.operatorText == "timeout")
    }

    @Test func `the ways of a browser carry our address encoded`() {
        let upstream = upstream("")
        #expect(
            upstream.loginAddress(service: "https://a/?b=c&d", isRenewal: false)
                == "https://idp.example.net/cas/login?service=https%3A%2F%2Fa%2F%3Fb%3Dc%26d")
        #expect(upstream.loginAddress(service: "x", isRenewal: true).hasSuffix("&renew=true"))
        #expect(
            upstream.logoutAddress(service: "https://a/")
                == "https://idp.example.net/cas/logout?service=https%3A%2F%2Fa%2F")
    }
}
