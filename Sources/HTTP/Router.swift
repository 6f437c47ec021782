/// Finds the route of a request: exact paths, and paths with one more segment.
package struct Router<Route: Sendable>: Sendable {
    /// What a request leads to.
    package enum Outcome: Sendable {
        /// The route, and the last segment where the route takes one.
        case route(Route, segment: String?)
        case notFound
        /// The path is known, but not with this method; these are the ones that it takes.
        case methodNotAllowed([Method])
    }

    @usableFromInline
    struct Entry: Sendable {
        @usableFromInline var routes: [Method: Route]
    }

    private let prefixes: [String]
    @usableFromInline var exact: [String: Entry] = [:]
    @usableFromInline var withSegment: [String: Entry] = [:]

    /// A router whose paths all begin with one of the prefixes, such as `/cas` or nothing.
    package init(prefixes: [String]) {
        self.prefixes = prefixes
    }

    /// Adds a route; a path that ends in `/*` takes one more non-empty segment.
    package mutating func add(_ methods: [Method], _ path: String, _ route: Route) {
        for prefix in prefixes {
            for method in methods {
                if path.hasSuffix("/*") {
                    withSegment[prefix + path.dropLast(), default: Entry(routes: [:])]
                        .routes[method] = route
                } else {
                    exact[prefix + path, default: Entry(routes: [:])].routes[method] = route
                }
            }
        }
    }

    /// Where the request leads; inlinable, so that it is compiled for the caller's own routes.
    @inlinable
    package func route(_ method: Method, _ path: String) -> Outcome {
        if let entry = exact[path] { return outcome(entry, method, nil) }
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return .notFound }
        let segmentStart = path.utf8.index(after: slash)
        let segment = String(path[segmentStart...])
        guard !segment.isEmpty, let entry = withSegment[String(path[..<segmentStart])] else {
            return .notFound
        }
        return outcome(entry, method, segment)
    }

    @inlinable
    func outcome(_ entry: Entry, _ method: Method, _ segment: String?) -> Outcome {
        if let route = entry.routes[method] { return .route(route, segment: segment) }
        return .methodNotAllowed(Method.allCases.filter { entry.routes[$0] != nil })
    }
}
