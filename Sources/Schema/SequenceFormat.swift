/// The text of a sequence: `ORD-{:06}` makes `ORD-000042` of 42.
package struct SequenceFormat: Sendable, Hashable {
    private let prefix: String
    private let suffix: String
    /// The least digits.
    private let width: Int

    /// The text has one place for the number, as the configuration has checked; without one the number is appended.
    package init(_ text: String) {
        let opening = text.split(separator: "{", maxSplits: 1, omittingEmptySubsequences: false)
        let closing = opening.count == 2 ? opening[1].split(separator: "}", maxSplits: 1, omittingEmptySubsequences: false) : []
        prefix = opening.first.map(String.init) ?? ""
        suffix = closing.count == 2 ? String(closing[1]) : ""
        width = closing.first.flatMap { Int($0.drop { $0 == ":" || $0 == "0" }) } ?? 0
    }

    package func text(_ number: Int64) -> String {
        let digits = String(number)
        return prefix + String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits + suffix
    }
}
