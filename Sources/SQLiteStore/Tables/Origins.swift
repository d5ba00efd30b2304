import Expressions
import Schema

/// The tenants in which records arose before that was written down: those of the records that hold them, where they are all of one tenant.
enum Origins {
    /// Fills the new column of `collection`; what nothing holds, or what is held elsewhere as well, stays without a tenant.
    static func fill(_ field: Field, of collection: Collection, among collections: [Collection], on connection: Connection) throws {
        let holders = collection.behaviour.referrers.compactMap { referrer in
            collections.first { $0.name == referrer.collection }.flatMap { holdings($0.fields[referrer.field], of: $0) }
        }
        guard let column = field.column, !holders.isEmpty else { return }
        let (table, tenant) = (SQLText.quoted(collection.model.table), SQLText.quoted(column))
        try connection.execute(
            """
            WITH "held" ("target", "tenant") AS (\(holders.joined(separator: " UNION ALL "))),
            "owned" AS (
                SELECT "target", min("tenant") AS "tenant" FROM "held" GROUP BY "target"
                HAVING count(DISTINCT "tenant") = 1 AND min("tenant") <> ''
            )
            UPDATE \(table) SET \(tenant) = (SELECT "tenant" FROM "owned" WHERE "target" = "id")
            WHERE \(tenant) IS NULL AND "id" IN (SELECT "target" FROM "owned")
            """)
    }

    /// What the records of a collection hold in a field, each with its tenant: the empty text for those of none.
    private static func holdings(_ field: Field, of holder: Collection) -> String? {
        let tenant = holder.shape.tenant.flatMap { holder.fields[$0].column }.map { "coalesce(h.\(SQLText.quoted($0)), '')" } ?? "''"
        let table = SQLText.quoted(holder.model.table)
        switch field.model.storage {
        case .column where field.holdsPartReferences:
            return "SELECT m.\"target\", \(tenant) FROM \(Mentions.table) AS m JOIN \(table) AS h ON h.\"id\" = m.\"record\""
                + " WHERE m.\"field\" = '\(field.name)' AND m.\"collection\" = '\(holder.name)'"
        case .column(let column), .pair(_, let column):
            let name = "h.\(SQLText.quoted(column))"
            return "SELECT \(name), \(tenant) FROM \(table) AS h WHERE \(name) IS NOT NULL"
        case .members(let members):
            return "SELECT m.\"target\", \(tenant) FROM \(SQLText.quoted(members)) AS m JOIN \(table) AS h ON h.\"id\" = m.\"record\""
        case .member, .list: return nil
        }
    }
}
