/// `[views.<name>]`: a question with a path of its own; answers hold what the caller may read.
package struct ViewDeclaration: Sendable {
    package enum Content: Sendable {
        case rows(Rows)
        case figures([FigureDeclaration])
    }
    package struct Rows: Sendable {
        package var of: Located<String>
        /// A record that the others speak of as `given`; where it is null the answer is 404.
        package var given: Located<String>?
        package var `where`: Located<String>?
        /// Expressions, `-` before a descending one; empty: the collection's order.
        package var order: [Located<String>] = []
        package var limit: Int?
        package var expand: [Located<String>] = []
    }

    package var name: String
    package var at: Location
    /// URL segments, some of them `{placeholders}`, which are in `input`.
    package var path: Located<String>
    package var allow: Located<String>?
    /// Query parameters.
    package var input: [FieldDeclaration] = []
    package var checks: [CheckDeclaration] = []
    /// How long an answer is kept; 0 not at all.
    package var cache: Int64 = 0
    package var content: Content

    package init(name: String, at: Location) {
        self.name = name
        self.at = at
        path = Located("", at: at)
        content = .figures([])
    }
}

/// A number about a collection, or one for each group of it.
package struct FigureDeclaration: Sendable {
    package enum Aggregate: String, Sendable, CaseIterable { case count, sum, avg, min, max }
    package var name: String
    package var at: Location
    /// A collection (which is counted), or a field of it: `orders.total`.
    package var of: Located<String>
    package var aggregate = Aggregate.count
    /// Expressions that the groups are made by.
    package var by: [Located<String>] = []
    package var `where`: Located<String>?
    /// `key` or `value`, `-` before it for descending; nil: `key`.
    package var order: Order?
    package var limit: Int?
    /// The change against the period of this length before; nil: none.
    package var growth: Int64?

    package struct Order: Sendable, Equatable {
        package enum Subject: String, Sendable, CaseIterable { case key, value }
        package var subject: Subject
        package var descending: Bool
    }

    package init(name: String, at: Location) {
        self.name = name
        self.at = at
        of = Located("", at: at)
    }
}

/// `[search]`: one question to several collections.
package struct SearchSettings: Sendable {
    package enum Folding: String, Sendable, CaseIterable { case arabic, digits, zwnj, diacritics }
    package var collections: [Located<String>] = []
    /// Differences of writing that do not matter.
    package var fold: [Folding] = []
    package var cache: Int64 = 0

    package init() {}
}

/// `[realtime]`: what `/events` tells of.
package struct RealtimeSettings: Sendable {
    package var collections: [Located<String>] = []

    package init() {}
}
