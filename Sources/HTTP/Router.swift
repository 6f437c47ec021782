/// Finds the route of a request: exact paths, and paths with one more segment.
///
/// A server has some twenty paths, so comparing with all that are as long is faster than hashing.
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
        @usableFromInline let path: String
        @usableFromInline let bytes: Int
        @usableFromInline var routes: [(method: Method, route: Route)]
    }

    private let prefixes: [String]
    @usableFromInline var exact: [Entry] = []
    @usableFromInline var withSegment: [Entry] = []

    /// A router whose paths all begin with one of the prefixes, such as `/cas` or nothing.
    package init(prefixes: [String]) {
        self.prefixes = prefixes
    }

    /// Adds a route; a path that ends in `/*` takes one more non-empty segment.
    package mutating func add(_ methods: [Method], _ path: String, _ route: Route) {
        for prefix in prefixes {
            for method in methods {
                if path.hasSuffix("/*") {
                    Self.add(method, prefix + path.dropLast(), route, to: &withSegment)
                } else {
                    Self.add(method, prefix + path, route, to: &exact)
                }
            }
        }
    }

    private static func add(
        _ method: Method, _ path: String, _ route: Route, to entries: inout [Entry]
    ) {
        let known = entries.firstIndex { $0.path == path }
        let index = known ?? entries.count
        if known == nil {
            entries.append(Entry(path: path, bytes: path.utf8.count, routes: []))
        }
        entries[index].routes.removeAll { $0.method == method }
        entries[index].routes.append((method, route))
    }

    /// Where the request leads; inlinable, so that it is compiled for the caller's own routes.
    @inlinable
    package func route(_ method: Method, _ path: String) -> Outcome {
        let length = path.utf8.count
        for entry in exact where entry.bytes == length && entry.path == path {
            return outcome(entry, method, nil)
        }
        guard !withSegment.isEmpty, path.utf8.last != UInt8(ascii: "/"),
            let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        else { return .notFound }
        let segmentStart = path.utf8.index(after: slash)
        let parent = path[..<segmentStart]
        for entry in withSegment where entry.bytes == parent.utf8.count && entry.path == parent {
            return outcome(entry, method, String(path[segmentStart...]))
        }
        return .notFound
    }

    /// The methods that a path takes, in the order of ``Method``.
    package func methods(of path: String) -> [Method] {
        Method.allCases.filter { method in
            if case .route = route(method, path) { true } else { false }
        }
    }

    @inlinable
    func outcome(_ entry: Entry, _ method: Method, _ segment: String?) -> Outcome {
        for known in entry.routes where known.method == method {
            return .route(known.route, segment: segment)
        }
        return .methodNotAllowed(
            Method.allCases.filter { each in entry.routes.contains { $0.method == each } })
    }
}
