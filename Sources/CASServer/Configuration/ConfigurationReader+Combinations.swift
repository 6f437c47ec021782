internal import Platform

extension ConfigurationReader {
    func checkCombinations(_ root: ConfigurationSection, _ configuration: Configuration) {
        let listen = root.section("listen")
        if configuration.listen.socket.hasPrefix("tcp:") {
            let host = configuration.listen.tcpHost ?? ""
            if configuration.listen.tcpPort == nil || !host.isNumericAddress {
                listen.report(
                    "socket", "must be tcp:address:port with a numeric address and a port to 65535")
            }
        }
        if configuration.listen.mode & 0o002 != 0, configuration.listen.gatewaySecretFile == nil {
            listen.report(
                "mode",
                "lets everybody on this machine connect, who could then claim any certificate; "
                    + "use a group, or give gateway_secret_file")
        }
        if let host = configuration.listen.tcpHost, !host.isLoopbackHost,
            configuration.listen.gatewaySecretFile == nil
        {
            listen.report(
                "gateway_secret_file",
                "is required when casd listens beyond this machine; anybody who reaches the port "
                    + "could claim any certificate")
        }
        if configuration.rest.services != nil, !configuration.rest.acceptsPasswords {
            root.section("rest").report(
                "services", "needs rest.passwords: who manages definitions logs in by HTTP Basic")
        }
        if configuration.jwt.login.hasEndpoint, root.section("operations").node("networks") == nil {
            root.section("jwt").section("login_by_token").report(
                "endpoint",
                "needs operations.networks: whoever is in them logs in as anybody without a "
                    + "password, and by default that is every program of this machine")
        }
        if configuration.tickets.registry == .memory, let count = configuration.workers.processes,
            count > 1
        {
            root.section("tickets").report(
                "registry", "memory is not shared by several workers; set workers.processes to 1")
        }
        if configuration.authentication.usersFile == nil, configuration.authentication.x509 == nil,
            configuration.authentication.delegated.isEmpty
        {
            root.section("authentication").report(
                "users", "nobody could log in: give users.file, x509.trust_anchors or delegated")
        }
    }
}

extension Configuration.Listen {
    /// The host of a `tcp:host:port` socket, without brackets.
    package var tcpHost: String? {
        guard socket.hasPrefix("tcp:"), let colon = socket.lastIndex(of: ":") else { return nil }
        let host = socket[
            socket.index(
                socket.startIndex, offsetBy: 4)..<max(
                    colon, socket.index(socket.startIndex, offsetBy: 4))]
        return String(host.filter { $0 != "[" && $0 != "]" })
    }

    /// The port of a `tcp:host:port` socket.
    package var tcpPort: UInt16? {
        guard socket.hasPrefix("tcp:"), let colon = socket.lastIndex(of: ":") else { return nil }
        return UInt16(socket[socket.index(after: colon)...])
    }
}

extension String {
    /// Whether the text can only be an IPv4 or IPv6 address.
    fileprivate var isNumericAddress: Bool {
        !isEmpty && utf8.allSatisfy { hexadecimalDigit($0) != nil || $0 == 0x2E || $0 == 0x3A }
            && (contains(":") || utf8.count { $0 == 0x2E } == 3)
    }

    fileprivate var isLoopbackHost: Bool {
        self == "localhost" || self == "::1"
            || (hasPrefix("127.") && allSatisfy { $0.isNumber || $0 == "." })
    }
}
