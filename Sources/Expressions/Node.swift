/// An expression with its names resolved and its types checked: what the evaluator walks and what becomes SQL.
indirect enum Node: Sendable, Hashable {
    case constant(Value)
    /// What the caller, the request or the filter brings; no row is read for it.
    case parameter(SQLParameter, ValueType)
    case field(FieldAccess)
    /// A field of the live row that the reference names; null where there is none.
    case follow(Node, Hop)
    /// True when all are; null counts as false, here and in the next two.
    case and([Node])
    case or([Node])
    case not(Node)
    case isNull(Node)
    /// False when a side is null. Never `notEqual`, which is the `not` of `equal`.
    case compare(ComparisonOperator, Node, Node)
    case between(Node, Node, Node)
    case contains(Node, Members)
    /// Fails where the result leaves its range. Decimals that are added have one scale.
    case arithmetic(ArithmeticOperator, Node, Node, ValueType)
    case negative(Node, ValueType)
    /// Exact division of decimals and ints.
    case quotient(Node, Node, Quotient)
    /// A decimal or int with another scale; fails where it leaves the range.
    case rescale(Node, Rescale)
    /// A decimal or int beside a decimal of that many more digits, for a comparison alone: never fails.
    case widened(Node, by: Int)
    /// An int as a float.
    case real(Node)
    /// A date as the moment at which it begins.
    case midnight(Node, Zone)
    /// `day month year weekday`.
    case calendar(Function, Node, Zone)
    /// A decimal as text.
    case written(Node, scale: Int)
    /// The id that a reference to several collections holds, if it names that one.
    case part(Node, of: String)
    /// A reference to one collection as one to several.
    case whole(Node, in: String)
    case call(Function, [Node])
    /// The number of distinct common members.
    case overlap(Members, Members)
    case list([Node])
    case aggregate(Aggregate)
    /// Asked of the store by the evaluator, instead of an aggregate or a membership among stored rows.
    case question(Question)
}

/// A row that is known where the expression stands.
enum RowPlace: Sendable, Hashable {
    /// The outermost record.
    case this
    /// The row of an aggregate's `where`; aggregates within aggregates count up from 0.
    case inner(Int)
}

struct FieldAccess: Sendable, Hashable {
    var place: RowPlace
    var index: Int
    var storage: FieldModel.Storage
    var type: ValueType
}

/// A step over a reference to a field of the row it names.
struct Hop: Sendable, Hashable {
    var target: Target
    var index: Int
    var storage: FieldModel.Storage
    var type: ValueType
}

/// `left / right` to twelve digits behind the point, then rounded to `scale` of them, both half away from zero (03, "exact decimals").
struct Quotient: Sendable, Hashable {
    static let digits = 12

    var left: Int
    var right: Int
    /// 0 to 12.
    var scale: Int
}

struct Rescale: Sendable, Hashable {
    enum Mode: String, Sendable, Hashable {
        /// Half away from zero.
        case round
        case ceil, floor
    }

    var from: Int
    var to: Int
    var mode = Mode.round
    /// Whether the result is an int; `to` is then 0.
    var isInt = false
}

/// What the evaluator asks of a store, in each dialect that a store may speak.
struct Question: Sendable, Hashable {
    var sqlite: SQLFragment
    var postgresql: SQLFragment
    var type: ValueType
}

/// The table of a collection.
struct Target: Sendable, Hashable {
    var collection: String
    var table: String
    var softDelete: Bool

    init(_ model: CollectionModel) {
        collection = model.name
        table = model.table
        softDelete = model.softDelete
    }
}

/// The right side of `in`.
enum Members: Sendable, Hashable {
    case values([Node])
    /// A list-valued node: a to-many field, `me.tags`, `input.ids`.
    case list(Node)
    /// A value of each of some rows.
    case rows(RowSet, value: Node)
}

/// Live rows of a collection, one after the other `.inner(level)`.
struct RowSet: Sendable, Hashable {
    indirect enum Origin: Sendable, Hashable {
        case all
        /// The rows whose ids these are.
        case among(Members)
        /// The rows whose reference holds the id `owner`; a reference to several collections also names `collection`.
        case children(owner: Node, storage: FieldModel.Storage, collection: String)
        /// The rows that the record with the id `owner` lists in that table.
        case members(owner: Node, table: String)
        /// The rows whose ids a list-valued node holds.
        case list(Node)
    }

    var target: Target
    var origin: Origin
    var level: Int
    var condition: Node?
}

struct Aggregate: Sendable, Hashable {
    enum Kind: String, Sendable, Hashable, CaseIterable {
        case count, sum, avg, min, max, exists, first
    }

    var kind: Kind
    var rows: RowSet
    /// Of each row; nil for `count` and `exists` of rows.
    var value: Node?
    /// Of the result; an `avg` of decimals is rounded to its scale.
    var type: ValueType
    /// Of the value; only sums and averages depend on it.
    var itemType: ValueType
}

/// The closed list of functions over values.
enum Function: String, Sendable, Hashable, CaseIterable {
    case `if`, concat, lower, upper, len, words, round, ceil, floor, abs, coalesce, random, search, day, month, year, weekday
    /// In texts alone.
    case date, time, money
    /// What `words` is of a field with markup; nobody can write its name.
    case wordsOfMarkup = "words of markup"

    var isCalendar: Bool { [.day, .month, .year, .weekday].contains(self) }
    var isOfTexts: Bool { [.date, .time, .money].contains(self) }
    /// Those that can be written.
    static var named: [Function] { allCases.filter { $0 != .wordsOfMarkup } }
}

extension Node {
    /// Visits this node and every node below it, those of aggregates included, until `body` answers true.
    func contains(where body: (Node) -> Bool) -> Bool {
        if body(self) { return true }
        var found = false
        _ = map { child in
            if !found { found = child.contains(where: body) }
            return child
        }
        return found
    }

    /// The same node with each of its children replaced.
    func map(_ change: (Node) -> Node) -> Node {
        switch self {
        case .constant, .parameter, .field, .question: self
        case .follow(let base, let hop): .follow(change(base), hop)
        case .and(let parts): .and(parts.map(change))
        case .or(let parts): .or(parts.map(change))
        case .not(let part): .not(change(part))
        case .isNull(let part): .isNull(change(part))
        case .compare(let comparison, let left, let right): .compare(comparison, change(left), change(right))
        case .between(let value, let lower, let upper): .between(change(value), change(lower), change(upper))
        case .contains(let value, let members): .contains(change(value), members.map(change))
        case .arithmetic(let operation, let left, let right, let type): .arithmetic(operation, change(left), change(right), type)
        case .negative(let part, let type): .negative(change(part), type)
        case .quotient(let left, let right, let quotient): .quotient(change(left), change(right), quotient)
        case .rescale(let part, let rescale): .rescale(change(part), rescale)
        case .widened(let part, let digits): .widened(change(part), by: digits)
        case .real(let part): .real(change(part))
        case .midnight(let part, let zone): .midnight(change(part), zone)
        case .calendar(let function, let part, let zone): .calendar(function, change(part), zone)
        case .written(let part, let scale): .written(change(part), scale: scale)
        case .part(let part, let collection): .part(change(part), of: collection)
        case .whole(let part, let collection): .whole(change(part), in: collection)
        case .call(let function, let arguments): .call(function, arguments.map(change))
        case .overlap(let left, let right): .overlap(left.map(change), right.map(change))
        case .list(let items): .list(items.map(change))
        case .aggregate(var aggregate):
            .aggregate(
                {
                    aggregate.rows = aggregate.rows.map(change)
                    aggregate.value = aggregate.value.map(change)
                    return aggregate
                }())
        }
    }
}

extension Members {
    func map(_ change: (Node) -> Node) -> Members {
        switch self {
        case .values(let items): .values(items.map(change))
        case .list(let node): .list(change(node))
        case .rows(let rows, let value): .rows(rows.map(change), value: change(value))
        }
    }
}

extension RowSet {
    func map(_ change: (Node) -> Node) -> RowSet {
        var result = self
        switch origin {
        case .all: break
        case .among(let members): result.origin = .among(members.map(change))
        case .children(let owner, let storage, let collection):
            result.origin = .children(owner: change(owner), storage: storage, collection: collection)
        case .members(let owner, let table): result.origin = .members(owner: change(owner), table: table)
        case .list(let node): result.origin = .list(change(node))
        }
        result.condition = condition.map(change)
        return result
    }
}
