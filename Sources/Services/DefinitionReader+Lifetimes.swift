internal import JSON

/// How long tickets live.
extension DefinitionReader {
    mutating func lifetimes(_ fields: Fields) -> ServiceLifetimes {
        let session = sessionLifetime(
            "ticketGrantingTicketExpirationPolicy",
            "DefaultRegisteredServiceTicketGrantingTicketExpirationPolicy", fields)
        return ServiceLifetimes(
            serviceTicket: ticketLifetime(
                "serviceTicketExpirationPolicy",
                "DefaultRegisteredServiceServiceTicketExpirationPolicy", fields),
            proxyTicket: ticketLifetime(
                "proxyTicketExpirationPolicy",
                "DefaultRegisteredServiceProxyTicketExpirationPolicy", fields),
            session: session.map { SessionLimit(hard: $0) },
            proxyGranting: sessionLifetime(
                "proxyGrantingTicketExpirationPolicy",
                "DefaultRegisteredServiceProxyGrantingTicketExpirationPolicy", fields))
    }

    /// The lifetime of a ticket that is used once.
    private mutating func ticketLifetime(
        _ name: String, _ className: String, _ fields: Fields
    ) -> Duration? {
        guard let policy = object(name, in: fields), isOf(className, policy) else { return nil }
        check(policy, ["numberOfUses": .read, "timeToLive": .read])
        let lifetime = duration("timeToLive", in: policy)
        let uses = number("numberOfUses", in: policy)
        if let uses, uses > 1 {
            refuse(
                "numberOfUses", in: policy,
                "a ticket is good for one validation (CAS 3.0 §3.1.1); write 1")
            return nil
        }
        // As in Apereo, both must be given.
        guard uses == 1, let lifetime else {
            warn("numberOfUses", in: policy, "without numberOfUses 1 and a timeToLive no effect")
            return nil
        }
        if lifetime > .seconds(300) {
            warn("timeToLive", in: policy, "the specification recommends five minutes at most")
        }
        return lifetime
    }

    private mutating func sessionLifetime(
        _ name: String, _ className: String, _ fields: Fields
    ) -> Duration? {
        guard let policy = object(name, in: fields), isOf(className, policy) else { return nil }
        let reason = "lifetimes that depend on the browser or its address are not supported"
        check(
            policy,
            [
                "maxTimeToLiveInSeconds": .read,
                "userAgents": .unsupported(reason, unless: ApereoFields.isEmpty),
                "ipAddresses": .unsupported(reason, unless: ApereoFields.isEmpty),
            ])
        return duration("maxTimeToLiveInSeconds", in: policy)
    }

    /// A duration that is more than nothing; Apereo leaves others to the configuration.
    private mutating func duration(_ name: String, in fields: Fields) -> Duration? {
        guard let value = fields.member(name)?.value else { return nil }
        let text = value.stringValue ?? value.integerValue.map(String.init) ?? ""
        if text.hasPrefix("-") { return nil }
        guard let duration = ApereoTime.duration(text) else {
            refuse(name, in: fields, "seconds are expected, or a duration such as PT30S")
            return nil
        }
        return duration > .zero ? duration : nil
    }

    /// A whole number, in quotes or without.
    private mutating func number(_ name: String, in fields: Fields) -> Int64? {
        guard let value = fields.member(name)?.value else { return nil }
        if let number = value.integerValue ?? value.stringValue.flatMap({ Int64($0) }) {
            return number
        }
        refuse(name, in: fields, "\(value.kindText); a whole number is expected")
        return nil
    }
}
