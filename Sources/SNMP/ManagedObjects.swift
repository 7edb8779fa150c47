// SPDX-License-Identifier: GPL-2.0-or-later

/// All objects of a subtree at one moment, in the order in which a manager walks them.
package struct ManagedObjects: Equatable, Sendable {
    package private(set) var all: [ManagedObject]

    /// Sorts the objects. A name that comes twice keeps its first value.
    package init(_ objects: [ManagedObject] = []) {
        all = []
        for object in objects.sorted(by: { $0.name < $1.name }) where all.last?.name != object.name { all.append(object) }
    }

    /// The value of the object with that name (GET).
    package subscript(name: ObjectIdentifier) -> ManagedValue? {
        let place = firstPlace { $0 >= name }
        return place < all.count && all[place].name == name ? all[place].value : nil
    }

    /// The first object behind that name (GETNEXT), nil at the end of the subtree.
    package func next(after name: ObjectIdentifier) -> ManagedObject? {
        let place = firstPlace { $0 > name }
        return place < all.count ? all[place] : nil
    }

    private func firstPlace(where isBehind: (ObjectIdentifier) -> Bool) -> Int {
        var low = 0
        var high = all.count
        while low < high {
            let middle = (low + high) / 2
            if isBehind(all[middle].name) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// Fills tables row by row: the name of a cell is `table.1.column.index` (RFC 2578 section 7.7).
package struct TableWriter {
    package private(set) var objects: [ManagedObject] = []
    private var entry: ObjectIdentifier = []
    private var index: [UInt32] = []

    package init() {}

    /// A single object: its name ends in 0.
    package mutating func scalar(_ name: ObjectIdentifier, _ value: ManagedValue) {
        objects.append(ManagedObject(name.appending(0), value))
    }

    /// The cells that follow belong to this row.
    package mutating func row(of table: ObjectIdentifier, _ index: [UInt32]) {
        entry = table.appending(1)
        self.index = index
    }

    /// A cell of the row; one without a value is left out, as a table may have holes.
    package mutating func cell(_ column: UInt32, _ value: ManagedValue?) {
        guard let value else { return }
        objects.append(ManagedObject(entry.appending([column] + index), value))
    }
}
