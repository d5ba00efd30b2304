/// Slugs that records bore before, by collection and scope.
package protocol FormerSlugs {
    /// The slug leads to that record from now on, and to no other.
    func keep(_ slug: FormerSlug, of record: String) throws
    /// The id of the record that bore it last.
    func record(_ slug: FormerSlug) throws -> String?
}

package struct FormerSlug: Sendable, Hashable {
    package var collection: String
    /// The values within which the slug names one record.
    package var scope: [String]
    package var slug: String

    package init(collection: String, scope: [String], slug: String) {
        self.collection = collection
        self.scope = scope
        self.slug = slug
    }
}
