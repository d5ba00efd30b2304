/// The same thing for readers of several languages.
package struct Localised<Value: Sendable>: Sendable {
    /// By locale, in the order of the file; at least one.
    package let versions: [(locale: String, value: Value)]
    /// What is taken where no version is in the reader's language.
    private let home: String

    /// Nil without versions.
    package init?(_ versions: [(locale: String, value: Value)], home: String) {
        if versions.isEmpty { return nil }
        self.versions = versions
        self.home = home
    }

    /// What a reader of that locale gets: in his locale, in his language, in the site's locale or language, the first.
    package func value(for locale: String) -> Value {
        for wanted in [locale, home] {
            for name in [wanted.lowercased(), Self.language(wanted)] {
                if let hit = versions.first(where: { $0.locale.lowercased() == name }) { return hit.value }
            }
            if let hit = versions.first(where: { !$0.locale.isEmpty && Self.language($0.locale) == Self.language(wanted) }) {
                return hit.value
            }
        }
        return versions[0].value
    }

    static func language(_ locale: String) -> String {
        locale.split(separator: "-").first.map { $0.lowercased() } ?? ""
    }
}
