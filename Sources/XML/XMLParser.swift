internal import CExpat

extension XMLElement {
    /// Reads one whole document and returns its root.
    ///
    /// UTF-8, UTF-16, ISO 8859-1 and ASCII are understood. There is no document type: nothing can
    /// be declared, expanded or fetched.
    ///
    /// - Throws: If the bytes are not one well-formed document with namespaces, if they have a
    ///   DOCTYPE or a processing instruction, or if they are over a limit.
    package static func parse(
        _ bytes: [UInt8], limits: XMLLimits = XMLLimits()
    ) throws(XMLError) -> XMLElement {
        guard bytes.count <= limits.bytesMax, let count = Int32(exactly: bytes.count) else {
            throw XMLError(line: 1, reason: "more than \(limits.bytesMax) bytes")
        }
        // U+0001 is in no XML document, so it cannot be part of what it separates.
        guard let parser = unsafe XML_ParserCreateNS(nil, separator) else {
            throw XMLError(line: 1, reason: "no memory")
        }
        defer { unsafe XML_ParserFree(parser) }
        let builder = unsafe TreeBuilder(parser, limits)
        unsafe XML_SetUserData(parser, Unmanaged.passUnretained(builder).toOpaque())
        unsafe setHandlers(parser)
        let status = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe buffer.withMemoryRebound(to: CChar.self) { text in
                unsafe XML_Parse(parser, text.baseAddress, count, 1)
            }
        }
        if let refusal = builder.refusal { throw refusal }
        guard status == XML_STATUS_OK, let root = builder.root else {
            let text = unsafe XML_ErrorString(XML_GetErrorCode(parser))
            throw XMLError(
                line: builder.line,
                reason: unsafe text.map { unsafe String(cString: $0) } ?? "not XML")
        }
        return root
    }
}

private let separator: XML_Char = 1

private func setHandlers(_ parser: XML_Parser) {
    unsafe XML_SetElementHandler(
        parser,
        { context, name, attributes in unsafe builder(context)?.begin(name, attributes) },
        { context, _ in unsafe builder(context)?.end() })
    unsafe XML_SetCharacterDataHandler(parser) { context, text, count in
        unsafe builder(context)?.add(UnsafeBufferPointer(start: text, count: Int(count)))
    }
    unsafe XML_SetStartNamespaceDeclHandler(parser) { context, _, _ in
        unsafe builder(context)?.countDeclaration()
    }
    unsafe XML_SetStartDoctypeDeclHandler(parser) { context, _, _, _, _ in
        unsafe builder(context)?.refuse("a DOCTYPE is not allowed")
    }
    unsafe XML_SetEntityDeclHandler(parser) { context, _, _, _, _, _, _, _, _ in
        unsafe builder(context)?.refuse("an entity declaration is not allowed")
    }
    unsafe XML_SetProcessingInstructionHandler(parser) { context, _, _ in
        unsafe builder(context)?.refuse("a processing instruction is not allowed")
    }
    unsafe XML_SetExternalEntityRefHandler(parser) { _, _, _, _, _ in 0 }
}

@unsafe
private func builder(_ context: UnsafeMutableRawPointer?) -> TreeBuilder? {
    unsafe context.map { unsafe Unmanaged<TreeBuilder>.fromOpaque($0).takeUnretainedValue() }
}

/// Makes elements of what expat reports; lives as long as one call of ``XMLElement/parse``.
@safe
private final class TreeBuilder {
    private let parser: XML_Parser
    private let limits: XMLLimits
    /// The elements that are open, the root first, and the text of each.
    private var open: [(element: XMLElement, text: [UInt8])] = []
    private var elementCount = 0
    private var declarationCount = 0
    private(set) var root: XMLElement?
    private(set) var refusal: XMLError?

    init(_ parser: XML_Parser, _ limits: XMLLimits) {
        unsafe self.parser = unsafe parser
        self.limits = limits
    }

    var line: Int { Int(clamping: unsafe XML_GetCurrentLineNumber(parser)) }

    /// Ends the parsing; expat may still report the event that it is in.
    func refuse(_ reason: String) {
        guard refusal == nil else { return }
        refusal = XMLError(line: line, reason: reason)
        _ = unsafe XML_StopParser(parser, XML_Bool(XML_FALSE))
    }

    func countDeclaration() {
        declarationCount += 1
        if declarationCount > limits.attributesMax { refuse("too many attributes") }
    }

    @unsafe
    func begin(
        _ name: UnsafePointer<XML_Char>?,
        _ attributes: UnsafeMutablePointer<UnsafePointer<XML_Char>?>?
    ) {
        defer { declarationCount = 0 }
        guard refusal == nil else { return }
        elementCount += 1
        guard elementCount <= limits.elementsMax else { return refuse("too many elements") }
        guard open.count < limits.depthMax else { return refuse("nested too deeply") }
        var found: [XMLAttribute] = []
        var index = 0
        while let key = unsafe attributes?[index], let value = unsafe attributes?[index + 1] {
            guard found.count + declarationCount < limits.attributesMax else {
                return refuse("too many attributes")
            }
            guard let name = unsafe qualifiedName(key), let value = unsafe text(value) else {
                return refuse("not valid Unicode")
            }
            found.append(XMLAttribute(namespace: name.namespace, name: name.local, value: value))
            index += 2
        }
        guard let name = unsafe name.flatMap({ unsafe qualifiedName($0) }) else {
            return refuse("not valid Unicode")
        }
        open.append(
            (XMLElement(namespace: name.namespace, name: name.local, attributes: found), []))
    }

    @unsafe
    func add(_ text: UnsafeBufferPointer<XML_Char>) {
        guard refusal == nil, !open.isEmpty else { return }
        unsafe text.withMemoryRebound(to: UInt8.self) { bytes in
            unsafe open[open.count - 1].text.append(contentsOf: bytes)
        }
    }

    func end() {
        guard refusal == nil, let last = open.popLast() else { return }
        guard let text = String(validating: last.text, as: UTF8.self) else {
            return refuse("not valid Unicode")
        }
        var element = last.element
        element.text = text
        if open.isEmpty {
            root = element
        } else {
            open[open.count - 1].element.children.append(element)
        }
    }

    /// The parts of `namespace U+0001 name`, or of a name alone.
    @unsafe
    private func qualifiedName(
        _ name: UnsafePointer<XML_Char>
    ) -> (namespace: String?, local: String)? {
        guard let whole = unsafe text(name) else { return nil }
        guard let place = whole.utf8.firstIndex(of: UInt8(bitPattern: separator)) else {
            return (nil, whole)
        }
        return (String(whole[..<place]), String(whole[whole.utf8.index(after: place)...]))
    }

    @unsafe
    private func text(_ pointer: UnsafePointer<XML_Char>) -> String? {
        unsafe String(validatingCString: pointer)
    }
}
