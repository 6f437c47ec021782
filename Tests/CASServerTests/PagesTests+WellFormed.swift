/// Checks that tags are balanced, attributes quoted and unique, and characters escaped.
enum WellFormed {
    /// The first fault, or `nil` if there is none.
    static func fault(in document: String) -> String? {
        var open: [Substring] = []
        var ids: Set<Substring> = []
        var rest = document.dropFirst("<!DOCTYPE html>\n".count)
        while let character = rest.first {
            guard character == "<" else {
                let text = rest.prefix { $0 != "<" }
                if let fault = fault(inText: text) { return fault }
                rest = rest.dropFirst(text.count)
                continue
            }
            guard let end = rest.firstIndex(of: ">") else { return "unclosed <" }
            let tag = rest[..<end].dropFirst()
            rest = rest[rest.index(after: end)...]
            if tag.hasPrefix("/") {
                guard open.popLast() == tag.dropFirst() else { return "unexpected <\(tag)>" }
                continue
            }
            let name = tag.prefix { $0.isLetter || $0.isNumber }
            let attributes = tag.dropFirst(name.count).drop { $0 == "/" && tag.count == name.count }
            if let fault = fault(inAttributes: attributes, ids: &ids) { return "\(name): \(fault)" }
            let isVoid = ["meta", "link", "input", "img"].contains(name)
            if isVoid && !tag.hasSuffix("/") { return "<\(name)> without end" }
            if !tag.hasSuffix("/") { open.append(name) }
        }
        return open.isEmpty ? nil : "open at the end: \(open)"
    }

    private static func fault(inText text: Substring) -> String? {
        if text.contains(">") { return "> in \(text)" }
        for part in text.split(separator: "&", omittingEmptySubsequences: false).dropFirst() {
            let name = part.prefix { $0 != ";" }
            guard ["amp", "lt", "gt", "quot", "#39"].contains(name), part.count > name.count
            else { return "& in \(text)" }
        }
        return nil
    }

    private static func fault(
        inAttributes source: Substring, ids: inout Set<Substring>
    ) -> String? {
        var rest = source
        var names: Set<Substring> = []
        while rest.first == " " {
            rest = rest.dropFirst()
            let name = rest.prefix { $0 != "=" && $0 != " " }
            rest = rest.dropFirst(name.count)
            guard rest.hasPrefix("=\"") else { return "\(name) without a quoted value" }
            let value = rest.dropFirst(2).prefix { $0 != "\"" }
            rest = rest.dropFirst(value.count + 3)
            if let fault = fault(inText: value) { return fault }
            guard names.insert(name).inserted else { return "\(name) twice" }
            if name == "id" && !ids.insert(value).inserted { return "id \(value) twice" }
        }
        return rest.isEmpty || rest == "/" ? nil : "unexpected \(rest)"
    }
}
