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
            places[owner] = heap.count - 1
            siftUp(heap.count - 1)
        case (true, let deadline?):
            heap[place].deadline = deadline
            siftDown(place)
            siftUp(places[owner])
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
        places[last.owner] = place
        siftDown(place)
        siftUp(places[last.owner])
    }

    private mutating func siftUp(_ start: Int) {
        var place = start
        while place > 0 {
            let parent = (place - 1) / 2
            guard heap[place].deadline < heap[parent].deadline else { return }
            swap(place, parent)
            place = parent
        }
    }

    private mutating func siftDown(_ start: Int) {
        var place = start
        while true {
            var least = place
            var child = 2 * place + 1
            while child < min(2 * place + 3, heap.count) {
                if heap[child].deadline < heap[least].deadline { least = child }
                child += 1
            }
            guard least != place else { return }
            swap(place, least)
            place = least
        }
    }

    private mutating func swap(_ a: Int, _ b: Int) {
        heap.swapAt(a, b)
        places[heap[a].owner] = a
        places[heap[b].owner] = b
    }
}
