/// The small drawings at the top of a page; they repeat what the heading says.
enum Mark {
    /// A tick in a circle.
    static let done = drawing("<path d=\"M8 12.5l2.8 2.8L16 9.5\"/>")

    /// An exclamation mark in a circle.
    static let stop = drawing("<path d=\"M12 7.5v5.5M12 16.4v.1\"/>")

    private static func drawing(_ path: HTML) -> HTML {
        """
        <svg class="mark" viewBox="0 0 24 24" aria-hidden="true" focusable="false">\
        <circle cx="12" cy="12" r="10"/>\(path)</svg>
        """
    }
}
