package import Text

/// A bound as written, so that those of decimals stay exact.
package struct Bound: Sendable, Hashable {
    package var number: Double
    package var text: String

    package init(number: Double, text: String) {
        self.number = number
        self.text = text
    }

    package init(_ whole: Int64) {
        self.init(number: Double(whole), text: "\(whole)")
    }
}

/// `<name> = "type"` or `<name> = { type = … }`
package struct FieldDeclaration: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case string, text, html, int, float, decimal, bool, date, datetime, duration, email, phone, url, slug, `enum`, flags, state, json
        case object, list, geo, ref, refs, media, medias, counter, sequence, token
    }
    package enum OnDelete: String, Sendable, CaseIterable { case refuse, cascade, null }

    package var name: String
    package var at: Location
    package var type: Located<Kind>
    /// `ref` (one or several collections), `refs` (one)
    package var to: [Located<String>] = []
    /// `enum`, `state`, `flags`
    package var values: [Located<String>] = []
    /// `slug`
    package var from: Located<String>?
    /// `media`, `medias`
    package var kinds: [Located<String>] = []
    /// `object`, `list` of objects
    package var fields: [FieldDeclaration] = []
    /// `list` of single values
    package var of: Located<Kind>?
    /// `refs`: what is kept with each member.
    package var with: [FieldDeclaration] = []
    /// `decimal`: all digits, at most 18, and those after the point.
    package var precision: Located<Int>?
    package var scale: Located<Int>?
    /// `json`: the absolute path of a JSON Schema.
    package var schema: Located<String>?
    /// `url`
    package var schemes = ["http", "https"]
    /// `sequence`
    package var format: Located<String>?
    /// `counter`: milliseconds.
    package var flush: Int64?
    /// `token`: random bytes in it.
    package var bytes: Int?
    /// `token`: shown in the answer to its creation only.
    package var revealsOnce = false
    /// The secret of a webhook, kept under seal: of presets alone.
    package var isSealed = false
    /// A regular expression that the whole text matches.
    package var pattern: Pattern?
    /// Weight in searches, 1 the strongest.
    package var search: Located<Int>?
    /// A roll-up that a job refreshes.
    package var isAsync = false
    package var required = false
    package var unique = false
    package var index = false
    package var immutable = false
    package var readonly = false
    package var isPrivate = false
    package var filter = false
    /// Of a number its bounds, of a text its length in Unicode scalars, of a list its members.
    package var minimum: Located<Bound>?
    package var maximum: Located<Bound>?
    package var `default`: Located<Literal>?
    package var stamp: Located<String>?
    package var compute: Located<String>?
    package var read: Located<String>?
    package var write: Located<String>?
    package var onDelete = OnDelete.refuse
    package var backReference: Located<String>?
    package var was: Located<String>?
    package var label: String?
    package var help: String?

    package init(name: String, at: Location, type: Located<Kind>) {
        self.name = name
        self.at = at
        self.type = type
    }
}
