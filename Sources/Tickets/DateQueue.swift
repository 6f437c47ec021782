internal import Platform

/// Things by the time at which they are due, as a binary heap.
struct DateQueue<Element> {
    private var heap: [(date: Instant, element: Element)] = []

    mutating func add(_ element: Element, at date: Instant) {
        heap.append((date, element))
        var child = heap.count - 1
        while child > 0, heap[child].date < heap[(child - 1) / 2].date {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes out the earliest element that is due by now.
    mutating func takeFirst(before now: Instant) -> (date: Instant, element: Element)? {
        guard let first = heap.first, first.date <= now else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while let child = earlierChild(of: parent), heap[child].date < heap[parent].date {
            heap.swapAt(child, parent)
            parent = child
        }
        return first
    }

    private func earlierChild(of parent: Int) -> Int? {
        let left = 2 * parent + 1
        guard left < heap.count else { return nil }
        let right = left + 1
        return right < heap.count && heap[right].date < heap[left].date ? right : left
    }
}
