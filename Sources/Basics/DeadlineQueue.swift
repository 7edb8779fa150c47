// SPDX-License-Identifier: GPL-2.0-or-later

/// Which of many owners has the earliest deadline: an indexed binary heap.
///
/// Owners are small integers, each with at most one deadline. Setting, moving and clearing cost O(log n) and allocate
/// nothing once the queue has grown to its owners.
public struct DeadlineQueue: Sendable {
    private var heap: [(deadline: Instant, owner: Int)] = []
    /// Where each owner stands in the heap, or -1.
    private var places: [Int] = []

    public init() {}

    public var isEmpty: Bool { heap.isEmpty }

    /// The earliest deadline and its owner.
    public var first: (deadline: Instant, owner: Int)? { heap.first }

    /// When the owner is due; nil while it waits for nothing.
    public func deadline(of owner: Int) -> Instant? {
        guard owner < places.count, places[owner] >= 0 else { return nil }
        return heap[places[owner]].deadline
    }

    /// Gives the owner this deadline in place of the one it had; nil takes it out.
    public mutating func set(_ deadline: Instant?, for owner: Int) {
        while places.count <= owner { places.append(-1) }
        let place = places[owner]
        switch (place >= 0, deadline) {
        case (false, nil):
            break
        case (true, nil):
            remove(at: place)
        case (false, let deadline?):
            heap.append((deadline, owner))
            sift(heap.count - 1)
        case (true, let deadline?):
            heap[place].deadline = deadline
            sift(place)
        }
    }

    /// Takes out and returns the owner of the earliest deadline, if that is not later than `limit`.
    public mutating func popFirst(notAfter limit: Instant) -> (deadline: Instant, owner: Int)? {
        guard let first = heap.first, first.deadline <= limit else { return nil }
        remove(at: 0)
        return first
    }

    private mutating func remove(at place: Int) {
        places[heap[place].owner] = -1
        let last = heap.removeLast()
        guard place < heap.count else { return }
        heap[place] = last
        sift(place)
    }

    /// Moves what stands there to where it belongs.
    private mutating func sift(_ start: Int) {
        let moved = heap[start]
        let place = placeBelow(start, moved.deadline)
        let end = place == start ? placeAbove(start, moved.deadline) : place
        heap[end] = moved
        places[moved.owner] = end
    }

    /// Where something of this deadline belongs, at this place or nearer to the root; whoever stands in between moves down.
    private mutating func placeAbove(_ start: Int, _ deadline: Instant) -> Int {
        var place = start
        while place > 0 {
            let parent = (place - 1) / 2
            guard deadline < heap[parent].deadline else { break }
            move(parent, to: place)
            place = parent
        }
        return place
    }

    /// The same away from the root; whoever stands in between moves up.
    private mutating func placeBelow(_ start: Int, _ deadline: Instant) -> Int {
        var place = start
        while true {
            var child = 2 * place + 1
            guard child < heap.count else { return place }
            if child + 1 < heap.count, heap[child + 1].deadline < heap[child].deadline { child += 1 }
            guard heap[child].deadline < deadline else { return place }
            move(child, to: place)
            place = child
        }
    }

    private mutating func move(_ from: Int, to place: Int) {
        heap[place] = heap[from]
        places[heap[place].owner] = place
    }
}
