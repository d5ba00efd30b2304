@testable import Expressions

/// How the tests lay out a model in a database: the tables, and what a row puts where.
struct Storage {
    let model: Model
    let dialect: SQLDialect

    /// `CREATE` statements of all tables and of the indexes on ids.
    var schema: [String] {
        model.collections.values.sorted { $0.name < $1.name }.flatMap { schema(of: $0) }
    }

    private func schema(of collection: CollectionModel) -> [String] {
        var statements: [String] = []
        var columns = [dialect == .sqlite ? "\"n\" INTEGER PRIMARY KEY" : "\"n\" bigint PRIMARY KEY"]
        func add(_ column: String, _ type: ValueType) {
            let definition = "\"\(column)\" \(columnType(type))"
            if !columns.contains(definition) { columns.append(definition) }
        }
        for field in collection.fields {
            switch field.storage {
            case .column(let column): add(column, field.type)
            case .list(let column): add(column, .list(.text))
            case .member(let column, _): add(column, .json)
            case .pair(let kind, let id):
                add(kind, .text)
                add(id, .text)
            case .members(let table):
                let text = columnType(.text)
                let number = columnType(.int)
                statements += [
                    "CREATE TABLE \"\(table)\" (record \(text), position \(number), target \(text))\(dialect == .sqlite ? " STRICT" : "")",
                    "CREATE INDEX \"\(table)_target\" ON \"\(table)\" (target, record)",
                    "CREATE INDEX \"\(table)_record\" ON \"\(table)\" (record, position)",
                ]
            }
        }
        statements += [
            "CREATE TABLE \"\(collection.table)\" (\(columns.joined(separator: ", ")))\(dialect == .sqlite ? " STRICT" : "")",
            "CREATE UNIQUE INDEX \"\(collection.table)_id\" ON \"\(collection.table)\" (id)",
        ]
        return statements
    }

    private func columnType(_ type: ValueType) -> String {
        if dialect == .postgresql {
            if type == .json { return "jsonb" }
            return type.isText ? "text COLLATE \"C\"" : type.postgresql
        }
        switch type {
        case .text, .reference, .union, .json, .list, .null: return "TEXT"
        case .float: return "REAL"
        default: return "INTEGER"
        }
    }

    /// An `INSERT` and its values.
    struct Insertion {
        var sql: String
        var values: [(value: Value, cast: String)]
    }

    func insertions(of row: Row) -> [Insertion] {
        guard let collection = model.collections[row.collection] else { return [] }
        var columns = [(name: "n", value: Value.int(row.number), cast: "bigint")]
        var result: [Insertion] = []
        var objects: [String: [(path: [String], value: Value)]] = [:]
        for field in collection.fields {
            let value = row.values[field.index]
            switch field.storage {
            case .column(let column): columns.append((column, value, field.type == .json ? "jsonb" : field.type.postgresql))
            case .list(let column): columns.append((column, value.isNull ? .null : value.scalar, "jsonb"))
            case .member(let column, let path): objects[column, default: []].append((path, value))
            case .pair(let kind, let id):
                var parts: (Value, Value) = (.null, .null)
                if case .text(let text) = value, let colon = text.firstIndex(of: ":") {
                    parts = (.text(String(text[..<colon])), .text(String(text[text.index(after: colon)...])))
                }
                columns += [(kind, parts.0, "text"), (id, parts.1, "text")]
            case .members(let table):
                guard case .list(let targets) = value else { continue }
                for (position, target) in targets.enumerated() {
                    result.append(
                        insertion(
                            table,
                            [("record", .text(row.id), "text"), ("position", .int(Int64(position)), "bigint"), ("target", target, "text")]))
                }
            }
        }
        for (column, parts) in objects {
            let object = Value.text(Self.object(parts))
            if let index = columns.firstIndex(where: { $0.name == column }) {
                if !columns[index].value.isNull { columns[index].value = object }
            } else {
                columns.append((column, object, "jsonb"))
            }
        }
        return [insertion(collection.table, columns)] + result
    }

    private func insertion(_ table: String, _ columns: [(name: String, value: Value, cast: String)]) -> Insertion {
        let names = columns.map { "\"\($0.name)\"" }.joined(separator: ", ")
        let marks = columns.map { dialect == .sqlite ? "?" : "?::\($0.cast)" }.joined(separator: ", ")
        return Insertion(sql: "INSERT INTO \"\(table)\" (\(names)) VALUES (\(marks))", values: columns.map { ($0.value, $0.cast) })
    }

    private static func object(_ parts: [(path: [String], value: Value)]) -> String {
        var members: [String] = []
        for (path, value) in parts {
            guard path.count == 1, let key = path.first else { continue }
            members.append("\(json(.text(key))):\(json(value))")
        }
        let deeper = Dictionary(grouping: parts.filter { $0.path.count > 1 }) { $0.path[0] }
        for (key, parts) in deeper.sorted(by: { $0.key < $1.key }) {
            members.append("\(json(.text(key))):\(object(parts.map { (Array($0.path.dropFirst()), $0.value) }))")
        }
        return "{\(members.joined(separator: ","))}"
    }

    private static func json(_ value: Value) -> String {
        if case .bool(let truth) = value { return truth ? "true" : "false" }
        guard case .text(let list) = Value.list([value]).scalar else { return "null" }
        return String(list.dropFirst().dropLast())
    }
}
