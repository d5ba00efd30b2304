/// What a path stands for before it is clear how it is used.
indirect enum Subject {
    case value(Typed)
    /// A row that is at hand.
    case row(RowPlace, CollectionModel)
    /// A row of the environment: its values are parameters.
    case held(HeldRow, CollectionModel)
    /// Many rows, or a value of each: only `in`, `overlap` and aggregates take it.
    case many(Many)
    /// The same path through each target of a reference to several collections; all but one are empty.
    case either([Many])
    /// A part of a row that has parts itself: `location` of `location.lat`.
    case object(Subject, path: String, itself: Typed?)
    /// `all`, `input`, `request`, the beginning of a name of the scope: not values themselves.
    case namespace(String)

    /// What `in`, `overlap` and aggregates take of it.
    var alternatives: [Many]? {
        switch self {
        case .many(let many): [many]
        case .either(let several): several
        default: nil
        }
    }
}

enum HeldRow: String {
    case me, member, tenant, given, to, old, new

    func parameter(_ index: Int) -> SQLParameter {
        switch self {
        case .me: .me(index)
        case .member: .member(index)
        case .tenant: .tenant(index)
        case .given: .given(index)
        case .to: .to(index)
        case .old: .old(index)
        case .new: .new(index)
        }
    }
}

struct Many {
    var rows: RowSet
    var collection: CollectionModel
    /// Over `.inner(rows.level)`; at first the row itself.
    var value: Typed
    /// The to-many field itself, as a list of ids; nil once the path goes on.
    var list: Typed?
    /// Whether the path went on after the to-many step.
    var hasTail = false
}

extension Subject {
    /// The fields that are parts of that one.
    func parts(of path: String, in model: Model) -> [String] {
        let collection: CollectionModel? =
            switch self {
            case .row(_, let collection), .held(_, let collection): collection
            case .value(let typed): if case .reference(let name) = typed.type { model.collections[name] } else { nil }
            default: nil
            }
        return collection?.fields.map(\.name).filter { $0.hasPrefix(path + ".") } ?? []
    }
}

extension CollectionModel {
    /// Whether a path may go on with that name.
    func has(_ name: String) -> Bool {
        field(name) != nil || hasParts(name) || children.contains { $0.name == name }
    }

    func hasParts(_ name: String) -> Bool { fields.contains { $0.name.hasPrefix(name + ".") } }
}

extension FieldModel.Storage {
    /// Whether it may hold a reference to one record.
    var isReference: Bool {
        switch self {
        case .column, .pair, .member: true
        case .members, .list: false
        }
    }
}

extension Hop {
    /// The step to the row itself: its id, if it is live.
    static func id(of collection: CollectionModel) -> Hop {
        Hop(target: Target(collection), index: Row.System.id, storage: .column("id"), type: .reference(to: collection.name))
    }
}
