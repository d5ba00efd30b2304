/// Numbers without gaps, drawn in the transaction that uses them: what is rolled back has drawn none.
package protocol SequenceTransaction {
    /// The next number of that field, from 1, for that tenant (a text that names none where there are no tenants). Deletions free no number.
    func next(of field: String, in collection: String, tenant: String) throws -> Int64
}
