import Conformance
import Ports
import Testing

@testable import Text

@Suite struct PatternTests {
    @Test(arguments: [
        ("", "", true), ("", "x", true), ("a", "xay", true), ("^a", "xay", false), ("a$", "xa", true), ("a$", "a\n", false),
        ("^a$", "a", true),
        ("^$", "", true), ("^$", "a", false), ("a|b|", "c", true), ("^(a|bc)$", "bc", true), ("^(a|bc)$", "b", false),
        ("^a*$", "aaaa", true),
        ("^a+$", "", false), ("^a?b$", "b", true), ("^a{3}$", "aaa", true), ("^a{3}$", "aa", false), ("^a{2,}$", "aaaaa", true),
        ("^a{2,}$", "a", false),
        ("^a{1,2}$", "aaa", false), ("^a{0}$", "", true), ("^(?:ab){2}c*?$", "ababcc", true), ("^(a*)*$", "aaab", false),
        ("^(a*)*$", "aaa", true),
        ("^(?:(?:a|)+)+$", "aa", true), ("^(|a)*b$", "aab", true), ("(?<year>\\d{4})", "in 2026", true), ("^.$", "é", true),
        ("^.$", "🙂", true),
        ("^.$", "e\u{301}", false), ("^.$", "\n", false), ("^.$", "\u{2028}", false), ("^.$", "\u{85}", true), ("^[\\s\\S]$", "\n", true),
        ("^[a-c-]+$", "a-c", true), ("^[-a]+$", "a-", true), ("^[^a-c]$", "d", true), ("^[^a-c]$", "b", false),
        ("^[\\]\\\\^]+$", "]\\^", true),
        ("^[a^]$", "^", true), ("^[[]$", "[", true), ("^[\\d_]+$", "1_2", true), ("^\\d$", "۱", false), ("^\\w+$", "aZ_9", true),
        ("^\\w$", "é", false),
        ("^\\W$", "é", true), ("^\\D$", "۱", true), ("^[^\\d]$", "5", false), ("^[\\D5]$", "5", true), ("^[^\\D5]$", "4", true),
        ("^\\s+$", " \t\u{A0}\u{3000}\u{FEFF}", true), ("^\\S$", "\u{2003}", false),
        ("\\bfoo\\b", "a foo!", true), ("\\bfoo\\b", "afoo", false), ("o\\B", "foo", true), ("^\\B$", "", true), ("\\b", "", false),
        ("^\\p{L}+$", "سلامHé", true), ("^\\p{L}$", "۱", false), ("^\\p{Nd}$", "۱", true), ("^\\P{L}$", "1", true),
        ("^[\\p{Lu}\\d]+$", "ÉA1", true), ("^[^\\p{L}]$", "!", true), ("^[^\\P{L}\\d]$", "é", true),
        ("^\\u0041\\x42\\u{1F642}\\ud83d\\ude42$", "AB🙂🙂", true), ("^\\t\\n\\v\\f\\r\\0$", "\t\n\u{B}\u{C}\r\0", true),
        ("^[\\b]$", "\u{8}", true),
        ("^\\.\\*\\/\\-\\@$", ".*/-@", true), ("^[۰-۹]{2}$", "۱۲", true), ("^([01][0-9]|2[0-3]):[0-5][0-9]$", "23:59", true),
        ("^([01][0-9]|2[0-3]):[0-5][0-9]$", "24:00", false), ("a^b", "ab", false), ("(^a|b)$", "xb", true), ("^a|b$", "xb", true),
        ("(?:^a)*b", "xb", true),
    ])
    func matches(_ pattern: String, _ text: String, _ isMatch: Bool) throws {
        #expect(try Pattern(pattern).matches(text) == isMatch)
    }

    @Test(arguments: [
        ("(", 0), ("a)", 1), ("*", 0), ("a|+", 2), ("a**", 2), ("^*", 1), ("\\b+", 2), ("a{2", 1), ("a{", 1), ("{2}", 0), ("a{,3}", 1),
        ("a{3,2}", 1), ("a{1001}", 2), ("x}", 1),
        ("a]", 1), ("[a", 0), ("[]", 0), ("[^]", 0), ("[b-a]", 1), ("[a-\\d]", 1), ("[\\w-z]", 1), ("\\", 0), ("ab\\q", 2), ("\\1", 0),
        ("(a)\\1", 3), ("\\k<a>", 0),
        ("a(?=b)", 1), ("(?!b)", 0), ("(?<=b)", 0), ("(?<!b)", 0), ("(?i)a", 0), ("(?<>a)", 3), ("\\p{X}", 0), ("\\pL", 0),
        ("\\p{Script=Arabic}", 0), ("\\p{L", 0), ("\\x4", 0), ("\\u12", 0),
        ("\\ud83d", 0), ("\\udc00", 0), ("\\ud83d\\u0041", 0), ("\\u{110000}", 0), ("\\u{}", 0), ("\\u{1", 0), ("\\01", 0), ("\\é", 0),
        ("سلام*+", 5),
    ])
    func refuses(_ pattern: String, _ offset: Int) {
        let error = #expect(throws: PatternError.self) { try Pattern(pattern) }
        #expect(error?.offset == offset, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        ("a|b", "a", true), ("a|b", "ab", false), ("a|b", "xb", false), ("", "", true), ("", "a", false), ("a+", "aa\n", false),
        ("^a$", "a", true),
    ])
    func wholeTexts(_ pattern: String, _ text: String, _ isMatch: Bool) throws {
        #expect(try Pattern(pattern, whole: true).matches(text) == isMatch)
    }

    @Test func sizeAndDepthAreBounded() throws {
        #expect(throws: PatternError.self) { try Pattern("((a{100}){100}){100}") }
        #expect(try Pattern("^((((a{0}){1000}){1000}){1000}){1000}$").matches(""))
        #expect(throws: PatternError.self) { try Pattern(String(repeating: "(", count: 10_000) + String(repeating: ")", count: 10_000)) }
        #expect(try Pattern("a{1000}").matches(String(repeating: "a", count: 1_000)))
    }

    /// What takes a backtracking matcher longer than the universe lasts.
    @Test func timeIsLinear() throws {
        let text = String(repeating: "a", count: 20_000) + "!"
        #expect(try !Pattern("^(a+)+$").matches(text))
        #expect(try !Pattern("^(a|a)*$").matches(text))
        #expect(try !Pattern("(a*)*b").matches(text))
        #expect(try !Pattern("^(a?){20}a{20}$").matches(String(repeating: "a", count: 41)))
    }

    /// Any text is a pattern or a fault within it; a pattern matches or not, and nothing traps.
    @Test func mutationsNeverTrap() {
        let random = SeededRandom(5)
        let pieces = Array("ab.|*+?(){}[]^$\\-,19dDwWsSbBpPuxk:<>=!éس🙂\n").map(String.init) + ["\\p{L}", "(?:", "[^", "{2,3}", "\\u{61}"]
        for _ in 0..<20_000 {
            let source = random.bytes(Int(random.bytes(1)[0]) % 14).map { pieces[Int($0) % pieces.count] }.joined()
            do {
                _ = try Pattern(source).matches("ab1é\nسab🙂")
            } catch {
                #expect(error.offset <= source.unicodeScalars.count && !error.reason.isEmpty)
            }
        }
    }
}
