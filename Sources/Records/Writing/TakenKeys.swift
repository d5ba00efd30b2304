internal import Expressions
internal import Ports
internal import Schema

/// Every key of a record that another has already, so that one refusal names them all.
extension RecordWriter {
    /// Runs `write`, which stores the row. Throws `.conflict` with the key that the store refuses and all others that would be refused in turn.
    func namingTakenKeys<Result>(of row: Row, in collection: Collection, _ write: () throws -> Result) throws -> Result {
        do {
            return try write()
        } catch StoreError.conflict(let refused) {
            let others = try collection.uniqueKeys.filter { try $0.condition == nil && isTaken($0, of: row, in: collection) }
                .map { key in key.fields.map { collection.fields[$0].name } }
            // The store may name the tenant too, within which the key holds.
            throw RecordError.conflict([refused] + others.filter { !Set(refused).isSuperset(of: $0) })
        }
    }

    /// Null binds nobody, and within tenants keys hold for each (11-precisions 16).
    private func isTaken(_ key: UniqueKey, of row: Row, in collection: Collection) throws -> Bool {
        let fields = [collection.shape.tenant].compactMap { $0 } + key.fields.filter { $0 != collection.shape.tenant }
        let values = fields.map { row.values[$0] }
        guard !values.contains(.null) else { return false }
        let access = Access(collection, environment: environment, spansTenants: true)
        return try transaction.row(access, key: .fields(fields, values)).map { $0.id != row.id } ?? false
    }
}
