/// Keeps elements properly nested, so that a browser's tree construction (WHATWG HTML, 13.2.6) finds exactly the elements that are
/// written and has nothing to repair: no block in a paragraph, no link in a link, tables complete. A stack of at most 100 elements,
/// no recursion.
///
/// Where a tag does not fit, what is open is ended as in the standard, with two simplifications: formatting that is ended early is not
/// opened again, and text in a table outside of its cells gets a cell instead of moving before the table.
struct Balancer {
    static let maximumDepth = 100

    private(set) var open: [Element] = []
    /// How many entries of the stack were looked at: at most `maximumDepth` for a search, a few searches for a tag.
    private(set) var looks = 0

    /// Ends and begins what must be so that `element` may stand here. False when it has no place: its tag is left out then.
    mutating func place(_ element: Element, _ output: inout Output) -> Bool {
        let traits = element.traits
        if traits.contains(.part) {
            guard let parent = structure(for: element) else { return false }
            close(from: parent + 1, &output)
            complete(for: element, &output)
        } else {
            openCell(&output)
            if traits.contains(.block) { closeNearest(.phrasing, until: .cell, &output) }
            if traits.contains(.item) { closeNearest(.item, until: .special, &output) }
            if traits.contains(.description) { closeNearest(.description, until: .special, &output) }
            switch element {
            case .a:
                if let link = search(until: .cell, { $0 == .a }) { close(from: link, &output) }
            case .rp, .rt:
                guard let ruby = search(until: .cell, { $0 == .ruby }) else { return false }
                close(from: ruby + 1, &output)
            // Whatever is in a table finds room for section, row and cell.
            case .table: return open.count + 4 <= Self.maximumDepth
            default: break
            }
        }
        return open.count < Self.maximumDepth
    }

    /// `element` is open from now on: its start tag was written after `place` allowed it.
    mutating func push(_ element: Element) {
        open.append(element)
    }

    /// Ends the nearest `element` that is open, and what is in it; an end tag that ends nothing is left out.
    mutating func end(_ element: Element, _ output: inout Output) {
        let traits = element.traits
        let found: Int?
        if element == .table || traits.contains(.part) {
            found = search(until: []) { $0 == element || $0 == .table }.flatMap { open[$0] == element ? $0 : nil }
        } else {
            let barrier: Element.Traits = traits.contains(.item) ? [.cell, .structure, .list] : [.cell, .structure]
            found = search(until: barrier) { $0 == element || traits.contains(.heading) && $0.traits.contains(.heading) }
        }
        if let found { close(from: found, &output) }
    }

    /// Whether text that is not white space would stand in a table but in no cell.
    var needsCell: Bool { open.last?.traits.contains(.structure) ?? false }

    /// Begins a cell, with the section and row that it needs, when the innermost element may have nothing else in it.
    mutating func openCell(_ output: inout Output) {
        guard needsCell else { return }
        if open.last == .colgroup { close(from: open.count - 1, &output) }
        complete(for: .td, &output)
        begin(.td, &output)
    }

    mutating func finish(_ output: inout Output) {
        close(from: 0, &output)
    }

    /// Where the element stands that a part of a table may be in, or nearest to that: the innermost of its table.
    private mutating func structure(for part: Element) -> Int? {
        search(until: []) { candidate in
            switch part {
            case .td, .th: candidate == .tr || candidate.traits.contains(.section) || candidate == .table
            case .tr: candidate.traits.contains(.section) || candidate == .table
            case .col: candidate == .colgroup || candidate == .table
            default: candidate == .table
            }
        }
    }

    /// Begins what stands between the innermost element, which is of a table's structure, and `part`.
    private mutating func complete(for part: Element, _ output: inout Output) {
        switch part {
        case .col:
            if open.last == .table { begin(.colgroup, &output) }
        case .tr, .td, .th:
            if open.last == .table { begin(.tbody, &output) }
            if part != .tr, open.last != .tr { begin(.tr, &output) }
        default: break
        }
    }

    private mutating func begin(_ element: Element, _ output: inout Output) {
        output.openTag(element)
        output.closeTag(element)
        open.append(element)
    }

    private mutating func closeNearest(_ traits: Element.Traits, until barrier: Element.Traits, _ output: inout Output) {
        if let found = search(until: barrier, { !$0.traits.isDisjoint(with: traits) }) { close(from: found, &output) }
    }

    /// The innermost element that matches; nil when one with a trait of `barrier` is met before.
    private mutating func search(until barrier: Element.Traits, _ matches: (Element) -> Bool) -> Int? {
        for index in open.indices.reversed() {
            looks += 1
            if matches(open[index]) { return index }
            if !open[index].traits.isDisjoint(with: barrier) { return nil }
        }
        return nil
    }

    private mutating func close(from index: Int, _ output: inout Output) {
        while open.count > index {
            guard let element = open.popLast() else { return }
            output.endTag(element)
        }
    }
}
