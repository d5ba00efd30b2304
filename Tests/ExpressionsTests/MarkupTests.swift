import Testing

@testable import Expressions

@Suite struct MarkupTests {
    @Test(arguments: [
        ("", ""), ("no tags", "no tags"), ("a <b>bo</b>ld", "a bold"), ("<p>one</p><p>two</p>", " one  two "), ("a<br>b", "a b"),
        (#"<a href="/x y">z</a>"#, "z"), ("a < b", "a < b"), ("a <b", "a <b"), ("<ab>c</ab>", " c "), ("x<em/>y", "xy"),
        ("é<sup>日</sup>", "é日"), ("&lt;b&gt;", "&lt;b&gt;"),
    ])
    func plain(_ text: String, _ plain: String) { #expect(Markup.plain(text) == plain) }

    /// Openings that nothing closes: a walk to the end from each would take hours.
    @Test func isLinear() {
        #expect(Markup.plain(">" + String(repeating: "<b ", count: 500_000)).utf8.count == 1_500_001)
    }
}
