import CSQLite
import Expressions
import Ports
import Schema

/// Rows of a tree, encoded one after another and then written as they hang together (11-precisions 25): each with its `children`.
///
/// A row whose parent is not among them stands at the top. Where the parent is only hidden, `{id, deleted: true}` stands in its place, so
/// that a thread keeps its shape (11-precisions 13).
final class TreeRows {
    /// Rows that one answer nests at most.
    static let limit = 10_000

    private struct Node {
        /// In `bytes`; nil: hidden.
        var range: Range<Int>?
        var children: [Int] = []
    }

    private let bytes = JSONBytes()
    private var nodes: [Node] = []
    private var ids: [String] = []
    private var parents: [String?] = []
    private var places: [String: Int] = [:]
    /// The parent of a hidden row, by its id.
    private let hidden: Statement

    /// `tree` is the reference to the parent.
    init(_ collection: Collection, tree: Field, on connection: Connection) throws {
        let parent = SQLText.quoted(tree.column ?? "id")
        hidden = try connection.statement(
            "SELECT \(parent) FROM \(SQLText.quoted(collection.model.table)) WHERE \"id\" = ? AND \"deleted_at\" IS NOT NULL")
    }

    /// The columns that a statement selects after those of its encoder.
    static func columns(_ tree: Field) -> String { ", \(Selection.column("id")), \(Selection.column(tree.column ?? "id"))" }

    /// Steps the statement to its end and nests its rows; gives the roots.
    func read(_ statement: Statement, _ encoder: RecordEncoder, _ environment: Environment) throws -> [Int] {
        clear()
        while try statement.step() {
            let start = bytes.count
            try encoder.encode(statement.handle, environment, into: bytes)
            let first = Int(encoder.width)
            add(statement.text(first), parent: statement.optionalText(first + 1), range: start..<bytes.count)
        }
        var roots: [Int] = []
        var node = 0
        // Hidden parents join the end of the list, and then ask for theirs.
        while node < nodes.count {
            if let parent = parents[node], let place = try place(of: parent) {
                nodes[place].children.append(node)
            } else {
                roots.append(node)
            }
            node += 1
        }
        // A hidden root stands where its first visible descendant was listed.
        return roots.sorted { order(of: $0) < order(of: $1) }
    }

    private func clear() {
        bytes.clear()
        nodes.removeAll(keepingCapacity: true)
        ids.removeAll(keepingCapacity: true)
        parents.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
    }

    private func add(_ id: String, parent: String?, range: Range<Int>?) {
        places[id] = nodes.count
        nodes.append(Node(range: range))
        ids.append(id)
        parents.append(parent)
    }

    private func place(of id: String) throws -> Int? {
        if let place = places[id] { return place }
        hidden.bind(id, at: 1)
        defer { hidden.reset() }
        guard try hidden.step() else { return nil }
        add(id, parent: hidden.optionalText(0), range: nil)
        return nodes.count - 1
    }

    private func order(of node: Int) -> Int {
        var node = node
        while nodes[node].range == nil, let first = nodes[node].children.first { node = first }
        return node
    }

    /// Appends these nodes with all below them, as members of an array that is already open. Without recursion: a thread may be deep.
    func write(_ roots: ArraySlice<Int>, into out: JSONBytes) {
        var open: [(siblings: ArraySlice<Int>, isFirst: Bool)] = [(roots, true)]
        while let level = open.indices.last {
            guard let node = open[level].siblings.popFirst() else {
                open.removeLast()
                if !open.isEmpty { out.append("]}") }
                continue
            }
            if !open[level].isFirst { out.append(UInt8(ascii: ",")) }
            open[level].isFirst = false
            if let range = nodes[node].range {
                out.append(bytes.base + range.lowerBound, range.count - 1)
            } else {
                out.append("{\"id\":\"")
                out.append(ascii: ids[node])
                out.append("\",\"deleted\":true")
            }
            out.append(",\"children\":[")
            open.append((nodes[node].children[...], true))
        }
    }
}

extension RecordReader {
    /// A page of the roots of a tree, each with all below it. The total is that of the roots.
    func tree(_ list: RecordList, by tree: Field) throws -> (bytes: JSONBytes, count: Int, total: Int) {
        let plan = try listingPlan(list)
        plan.bind(plan.values(for: list))
        defer { plan.statement.reset() }
        out.clear()
        out.append(UInt8(ascii: "["))
        guard let encoder = plan.encoder else { return (out, 0, 0) }
        let rows = try TreeRows(list.access.collection, tree: tree, on: connection)
        let roots = try rows.read(plan.statement, encoder, list.access.environment)
        let page = roots.dropFirst(list.offset).prefix(list.limit)
        rows.write(page, into: out)
        out.append(UInt8(ascii: "]"))
        return (out, page.count, roots.count)
    }
}
