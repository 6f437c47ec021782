internal import CYAML

extension YAMLNode {
    /// Reads one YAML 1.1 document: mappings with plain keys, sequences and scalars.
    ///
    /// Anchors, aliases and tags are refused, and so are keys that come twice: a configuration has
    /// no use for them, and each can make a file mean something else than it seems to say.
    ///
    /// - Parameter tagKey: Where tags are wanted, the key under which the tag of a mapping becomes
    ///   its first member: `a: !<Name> {b: 1}` is read as `a: {tagKey: Name, b: 1}`. Tags of Java's
    ///   collections say nothing then; other tags stay refused.
    /// - Returns: `nil` for an empty document.
    /// - Throws: Where and why the text cannot be read; nesting deeper than 32 is an error.
    package static func parse(
        _ text: [UInt8], tagKey: String? = nil
    ) throws(YAMLError) -> YAMLNode? {
        let parser = try EventReader(text, tagKey: tagKey)
        try parser.expect(YAML_STREAM_START_EVENT)
        guard parser.type == YAML_DOCUMENT_START_EVENT else { return nil }
        try parser.advance()
        let isEmpty = parser.type == YAML_SCALAR_EVENT && parser.isEmptyScalar
        let node = try parser.node(depth: 0)
        try parser.expect(YAML_DOCUMENT_END_EVENT)
        guard parser.type == YAML_STREAM_END_EVENT else {
            throw YAMLError(line: parser.line, reason: "a second document is not allowed")
        }
        return isEmpty ? nil : node
    }
}

/// Reads libyaml's events one after the other; belongs to one thread.
@safe
private final class EventReader {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let event: UnsafeMutablePointer<yaml_event_t>
    private let text: UnsafeMutableBufferPointer<UInt8>
    private let tagKey: String?

    init(_ content: [UInt8], tagKey: String?) throws(YAMLError) {
        self.tagKey = tagKey
        unsafe parser = .allocate(capacity: 1)
        unsafe event = .allocate(capacity: 1)
        unsafe event.initialize(to: yaml_event_t())
        // libyaml reads from the text while it parses, so the text lives as long as the parser.
        unsafe text = .allocate(capacity: max(content.count, 1))
        _ = unsafe text.initialize(from: content)
        let initialized = unsafe yaml_parser_initialize(parser)
        precondition(initialized == 1, "out of memory")
        unsafe yaml_parser_set_input_string(parser, text.baseAddress, content.count)
        try advance()
    }

    deinit {
        unsafe yaml_event_delete(event)
        unsafe yaml_parser_delete(parser)
        unsafe event.deallocate()
        unsafe parser.deallocate()
        unsafe text.deallocate()
    }

    var type: yaml_event_type_t { unsafe event.pointee.type }

    var line: Int { unsafe Int(event.pointee.start_mark.line) + 1 }

    var isEmptyScalar: Bool {
        unsafe event.pointee.data.scalar.length == 0
            && event.pointee.data.scalar.style == YAML_PLAIN_SCALAR_STYLE
    }

    func advance() throws(YAMLError) {
        unsafe yaml_event_delete(event)
        guard unsafe yaml_parser_parse(parser, event) == 1 else {
            let reason = unsafe parser.pointee.problem.map { unsafe String(cString: $0) }
            let line = unsafe Int(parser.pointee.problem_mark.line) + 1
            throw YAMLError(line: line, reason: reason ?? "not YAML")
        }
    }

    func expect(_ expected: yaml_event_type_t) throws(YAMLError) {
        guard type == expected else { throw YAMLError(line: line, reason: "not expected here") }
        try advance()
    }

    func node(depth: Int) throws(YAMLError) -> YAMLNode {
        guard depth < 32 else { throw YAMLError(line: line, reason: "nested too deeply") }
        switch type {
        case YAML_SCALAR_EVENT: return try scalar()
        case YAML_SEQUENCE_START_EVENT: return try sequence(depth: depth)
        case YAML_MAPPING_START_EVENT: return try mapping(depth: depth)
        case YAML_ALIAS_EVENT: throw YAMLError(line: line, reason: "aliases are not allowed")
        default: throw YAMLError(line: line, reason: "a value is missing")
        }
    }

    private func scalar() throws(YAMLError) -> YAMLNode {
        let line = line
        let isPlain = unsafe event.pointee.data.scalar.style == YAML_PLAIN_SCALAR_STYLE
        guard unsafe event.pointee.data.scalar.anchor == nil,
            unsafe event.pointee.data.scalar.tag == nil
        else { throw YAMLError(line: line, reason: "anchors and tags are not allowed") }
        let bytes = unsafe UnsafeBufferPointer(
            start: event.pointee.data.scalar.value, count: event.pointee.data.scalar.length)
        let value = unsafe String(decoding: bytes, as: UTF8.self)
        try advance()
        return .scalar(value, isPlain: isPlain, line: line)
    }

    private func sequence(depth: Int) throws(YAMLError) -> YAMLNode {
        let line = line
        guard unsafe event.pointee.data.sequence_start.anchor == nil,
            unsafe try className(event.pointee.data.sequence_start.tag) == nil
        else { throw YAMLError(line: line, reason: "anchors and tags are not allowed") }
        try advance()
        var elements: [YAMLNode] = []
        while type != YAML_SEQUENCE_END_EVENT { elements.append(try node(depth: depth + 1)) }
        try advance()
        return .sequence(elements, line: line)
    }

    /// The tag of a part, unless there is none or it only names one of Java's collections.
    private func className(_ tag: UnsafeMutablePointer<UInt8>?) throws(YAMLError) -> String? {
        guard let tag = unsafe tag else { return nil }
        guard tagKey != nil else {
            throw YAMLError(line: line, reason: "anchors and tags are not allowed")
        }
        let name = unsafe String(cString: tag)
        return name.hasPrefix("java.util.") ? nil : name
    }

    private func mapping(depth: Int) throws(YAMLError) -> YAMLNode {
        let line = line
        guard unsafe event.pointee.data.mapping_start.anchor == nil else {
            throw YAMLError(line: line, reason: "anchors and tags are not allowed")
        }
        var members: [YAMLMember] = []
        var keys: Set<String> = []
        if let tagKey, let name = unsafe try className(event.pointee.data.mapping_start.tag) {
            let value = YAMLNode.scalar(name, isPlain: false, line: line)
            members.append(YAMLMember(key: tagKey, value: value, line: line))
            keys.insert(tagKey)
        }
        try advance()
        while type != YAML_MAPPING_END_EVENT {
            guard case .scalar(let key, _, let keyLine) = try node(depth: depth + 1) else {
                throw YAMLError(line: line, reason: "a key must be a single word")
            }
            guard keys.insert(key).inserted else {
                throw YAMLError(line: keyLine, reason: "'\(key)' is there twice")
            }
            members.append(
                YAMLMember(key: key, value: try node(depth: depth + 1), line: keyLine))
        }
        try advance()
        return .mapping(members, line: line)
    }
}
