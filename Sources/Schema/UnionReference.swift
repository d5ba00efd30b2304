package import Expressions

/// A reference to one of several collections, taken apart: `salons:<id>`.
package struct UnionReference: Sendable, Hashable {
    package var collection: String
    package var id: String

    package init(collection: String, id: String) {
        self.collection = collection
        self.id = id
    }

    /// Nil for null and for anything that is no such reference.
    package init?(_ value: Value) {
        guard case .text(let text) = value else { return nil }
        self.init(text)
    }

    package init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        collection = String(text[..<colon])
        id = String(text[text.index(after: colon)...])
        if collection.isEmpty || id.isEmpty { return nil }
    }

    package var text: String { "\(collection):\(id)" }
}
