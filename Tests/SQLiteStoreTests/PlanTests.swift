import Config
import Expressions
import Ports
import Schema
import Testing

@testable import SQLiteStore

/// Every list that a site can give, as SQLite would go about it: an index serves it wherever one can.
@Suite struct PlanTests {
    private static let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

    /// The example, and the sites of `Tests/Examples`.
    private static let sites = [
        "atlas.toml.example", "Tests/Examples/sevra.toml", "Tests/Examples/orders.toml", "Tests/Examples/writers.toml",
    ]

    private static func schema(of site: String) throws -> Schema {
        let secrets = [
            "S3_ACCESS_KEY", "S3_SECRET_KEY", "KAVENEGAR_KEY", "SMSIR_KEY", "BACKUP_KEY", "SMTP_PASSWORD", "TASK_WEBHOOK_SECRET",
            "ACTIVITY_WEBHOOK_SECRET", "ALERT_WEBHOOK_SECRET",
        ]
        let environment = Dictionary(uniqueKeysWithValues: secrets.map { ($0, String(repeating: "k", count: 64)) })
        let loaded = try ConfigurationLoader(environment: environment, overrides: []).load("\(root)/\(site)")
        return try SchemaCompiler.compile(loaded.configuration)
    }

    private static func steps(_ list: RecordList, _ connection: Connection) throws -> [String] {
        var sql = SQLText("EXPLAIN QUERY PLAN SELECT \"t\".\"id\"")
        sql.append(Selection.rows(list.access, isSearched: list.search != nil))
        Selection.restrict(&sql, to: list.filters)
        if let after = list.after { Selection.restrict(&sql, to: after, in: list.order) }
        Selection.order(&sql, of: list)
        let statement = try connection.prepare(sql.text)
        var steps: [String] = []
        while try statement.step() { steps.append(statement.text(3)) }
        return steps
    }

    @Test(arguments: sites) func `no list sorts or scans where an index can serve`(site: String) async throws {
        let schema = try Self.schema(of: site)
        try await withTemporaryDirectory { directory in
            let connection = try Connection(path: directory + "/t.db", mode: .writer(synchronous: .normal))
            try SystemTables.prepare(connection)
            for collection in schema.collections {
                try CollectionTables.create(collection).forEach(connection.execute)
                try CollectionTables.indexes(collection).values.sorted().forEach(connection.execute)
            }
            try SearchTable.align(with: schema.collections, on: connection)
            var lists = 0
            for collection in schema.collections where !collection.shape.isSingle {
                let order = collection.behaviour.order.map {
                    RecordList.Order(field: collection.fields[$0.field], descending: $0.descending)
                }
                let access = Access(collection, environment: Environment())
                let projection = Projection(parts: [])
                let list = RecordList(access: access, order: order, projection: projection)
                // In its own order a list walks over an index, and a cursor finds its place in it.
                let plain = try Self.steps(list, connection)
                #expect(plain.count == 1 && plain.allSatisfy { $0.contains("USING") }, "\(collection.name): \(plain)")
                lists += 1
                // What a reference leads to is found by the reference, and then in the same order.
                for field in collection.fields where !field.targets.isEmpty && field.membersTable == nil {
                    var children = list
                    let id = field.targets.count > 1 ? "\(field.targets[0]):x" : "x"
                    children.filters = [.field(field, .equal, [.text(id)])]
                    let steps = try Self.steps(children, connection)
                    #expect(
                        steps.first?.hasPrefix("SEARCH t USING") == true && !steps.contains { $0.contains("TEMP B-TREE") },
                        "\(collection.name) by \(field.name): \(steps)")
                    lists += 1
                }
                // A rule that asks the row reads no whole table either: it walks in the order of the list until the page is full.
                for rule in [collection.behaviour.read, collection.behaviour.list].compactMap({ $0 }) {
                    for condition in rule.conditions {
                        var ruled = list
                        ruled.access.conditions = [condition]
                        let steps = try Self.steps(ruled, connection)
                        #expect(!steps.contains("SCAN t"), "\(collection.name), \(condition.expression.source): \(steps)")
                        lists += 1
                    }
                }
                guard collection.fields.contains(where: { $0.search != nil }) else { continue }
                var search = list
                search.search = RecordList.Search(text: "x", fields: collection.fields.filter { $0.search != nil })
                search.order = []
                let steps = try Self.steps(search, connection)
                #expect(
                    steps.first?.contains("VIRTUAL TABLE") == true && steps.contains("SEARCH t USING INTEGER PRIMARY KEY (rowid=?)"),
                    "\(collection.name) by words: \(steps)")
                lists += 1
            }
            #expect(lists > 0)
        }
    }
}
