internal import Authentication

extension ConfigurationReader {
    func readAuthentication(
        _ section: ConfigurationSection, _ configuration: inout Configuration
    ) {
        let users = section.section("users")
        configuration.authentication.usersFile = users.string("file").map(resolved)
        configuration.authentication.allowPlaintext = users.bool("allow_plaintext", default: false)
        users.finish()
        if section.has("x509") {
            configuration.authentication.x509 = readX509(section.section("x509"))
        }
        configuration.authentication.combination = section.choice(
            "combination", default: .all, from: ["all": .all, "any": .any])
        configuration.authentication.delegated = readUpstreams(section)
        checkBoundTickets(section, configuration.authentication)
        section.finish()
    }
}
