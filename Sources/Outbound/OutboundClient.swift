internal import CCurl
internal import Platform

/// Calls other servers over HTTPS, by the rules of a policy.
///
/// Redirects are not followed; proxies, passwords and authorities from the environment are not
/// used; cookies are not kept. Any thread may use it; each call blocks its thread. Connections
/// stay open for the next call. A process that forks must make its clients afterwards.
package final class OutboundClient: Sendable {
    private let policy: OutboundPolicy
    private let rules: AddressRules
    private let authorities: Authorities
    private let idle = Lock<[EasyHandle]>([])

    /// How many handles, with two connections each, are kept while nobody uses them.
    private static let idleMax = 8

    /// - Throws: If a trust file cannot be read or has no certificates, or libcurl cannot be
    ///   used.
    package init(_ policy: OutboundPolicy) throws(OutboundError) {
        self.policy = policy
        rules = AddressRules(policy)
        authorities = try Authorities(files: policy.trustFiles)
        giveBack(try EasyHandle())
    }

    /// Makes the call and waits for the answer, not longer than the policy's timeout.
    ///
    /// A server may get a request twice if it closes a kept connection just as the request comes.
    ///
    /// - Throws: If there is no answer, or none that may be used. Every status is an answer.
    package func send(_ request: OutboundRequest) throws(OutboundError) -> OutboundResponse {
        try sendCounting(request).response
    }

    /// As ``send(_:)``, and tells how many connections had to be made for it.
    func sendCounting(
        _ request: OutboundRequest
    ) throws(OutboundError) -> (response: OutboundResponse, connectionsMade: Int) {
        let target = try TargetURL(request.url, allowsPlain: request.allowsPlain)
        let handle = try takeHandle(for: target.origin)
        defer { giveBack(handle) }
        let transfer = Transfer(rules: rules, bodyBytesMax: max(0, policy.responseBytesMax))
        let response = try handle.perform(
            request, to: target, policy: policy, authorities: authorities, transfer: transfer)
        return (response, handle.connectionsMade)
    }

    /// An idle handle, if possible one that called there before, or a new one.
    private func takeHandle(for origin: String) throws(OutboundError) -> EasyHandle {
        let handle = idle.withLock { handles in
            let place = handles.lastIndex { $0.origin == origin } ?? handles.indices.last
            return place.map { handles.remove(at: $0) }
        }
        if let handle { return handle }
        return try EasyHandle()
    }

    private func giveBack(_ handle: EasyHandle) {
        // One too many is closed here, outside the lock.
        _ = idle.withLock { handles -> EasyHandle? in
            handles.append(handle)
            return handles.count > Self.idleMax ? handles.removeFirst() : nil
        }
    }
}

/// What the libcurl that is in use says it is and can.
package enum OutboundLibrary {
    /// For example `libcurl/7.88.1 OpenSSL/3.0.19`, followed by its other libraries.
    package static var version: String {
        unsafe String(cString: curl_version())
    }

    /// Whether names are looked up in a thread, so that the deadline holds for them as well.
    package static var looksUpNamesAsynchronously: Bool {
        has(CURL_VERSION_ASYNCHDNS)
    }

    private static func has(_ feature: Int32) -> Bool {
        guard let facts = unsafe casd_curl_facts() else { return false }
        return unsafe facts.pointee.features & feature != 0
    }
}
