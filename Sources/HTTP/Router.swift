internal import Platform

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

    @usableFromInline var paths: RoutePaths
    @usableFromInline var routes: [Route] = []

    /// A router whose paths all begin with one of the prefixes, such as `/cas` or nothing.
    package init(prefixes: [String]) {
        paths = RoutePaths(prefixes: prefixes)
    }

    /// Adds a route; a path that ends in `/*` takes one more non-empty segment.
    package mutating func add(_ methods: [Method], _ path: String, _ route: Route) {
        routes.append(route)
        for method in methods { paths.add(method, path, routes.count - 1) }
    }

    /// Where the request leads; inlinable, so that it is compiled for the caller's own routes.
    @inlinable
    package func route(_ method: Method, _ path: String) -> Outcome {
        switch paths.find(method, path) {
        case .route(let number, let segment): .route(routes[number], segment: segment)
        case .notFound: .notFound
        case .methodNotAllowed(let methods): .methodNotAllowed(methods)
        }
    }

    /// All methods and paths; one that takes a segment ends in `/*`.
    package var list: [(method: Method, path: String)] { paths.list }

    /// The methods that a path takes, in the order of ``Method``.
    package func methods(of path: String) -> [Method] {
        Method.allCases.filter { method in
            if case .route = route(method, path) { true } else { false }
        }
    }
}

/// The paths of a ``Router``, each with the numbers of its routes.
///
/// Not generic, so that the work is compiled once and for all routers.
package struct RoutePaths: Sendable {
    package enum Found: Sendable {
        case route(Int, segment: String?)
        case notFound
        case methodNotAllowed([Method])
    }

    private struct Entry: Sendable {
        let path: [UInt8]
        var routes: [(method: Method, number: Int)]

        func isAt(_ other: Span<UInt8>) -> Bool {
            isEqual(path.span, other)
        }
    }

    private let prefixes: [String]
    private var exact: [Entry] = []
    private var withSegment: [Entry] = []

    init(prefixes: [String]) {
        self.prefixes = prefixes
    }

    mutating func add(_ method: Method, _ path: String, _ number: Int) {
        for prefix in prefixes {
            if path.hasSuffix("/*") {
                Self.add(method, prefix + path.dropLast(), number, to: &withSegment)
            } else {
                Self.add(method, prefix + path, number, to: &exact)
            }
        }
    }

    private static func add(
        _ method: Method, _ path: String, _ number: Int, to entries: inout [Entry]
    ) {
        let bytes = Array(path.utf8)
        let known = entries.firstIndex { $0.path == bytes }
        let index = known ?? entries.count
        if known == nil { entries.append(Entry(path: bytes, routes: [])) }
        entries[index].routes.removeAll { $0.method == method }
        entries[index].routes.append((method, number))
    }

    var list: [(method: Method, path: String)] {
        [(exact, ""), (withSegment, "*")].flatMap { entries, end in
            entries.flatMap { entry in
                let path = String(decoding: entry.path, as: UTF8.self) + end
                return entry.routes.map { ($0.method, path) }
            }
        }
    }

    package func find(_ method: Method, _ path: String) -> Found {
        let utf8 = path.utf8
        let bytes = utf8.span
        for index in exact.indices where exact[index].isAt(bytes) {
            return found(exact[index], method, nil)
        }
        var segmentStart = bytes.count
        while segmentStart > 0, bytes[segmentStart - 1] != UInt8(ascii: "/") { segmentStart -= 1 }
        guard segmentStart > 0, segmentStart < bytes.count else { return .notFound }
        let parent = bytes.extracting(..<segmentStart)
        for index in withSegment.indices where withSegment[index].isAt(parent) {
            let start = utf8.index(utf8.startIndex, offsetBy: segmentStart)
            return found(withSegment[index], method, String(path[start...]))
        }
        return .notFound
    }

    private func found(_ entry: Entry, _ method: Method, _ segment: String?) -> Found {
        for known in entry.routes where known.method == method {
            return .route(known.number, segment: segment)
        }
        return .methodNotAllowed(
            Method.allCases.filter { each in entry.routes.contains { $0.method == each } })
    }
}
