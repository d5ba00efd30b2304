package import Schema

/// Walks over all rows of a collection, in many transactions.
package protocol CollectionWalk {
    /// The ids of the next rows, live and deleted, in the order in which they were created, and where to go on from; at first after 0.
    /// Rows that are created on the way are met at its end.
    func ids(in collection: Collection, after place: Int64, limit: Int) throws -> (ids: [String], last: Int64)
}
