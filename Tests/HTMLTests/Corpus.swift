import Glibc
import SeededNumbers

/// Random documents, valid, broken and hostile. An address with `leak` in it must never be asked for; `picture` stands where images may
/// load.
struct Corpus {
    var random: SeededGenerator

    init(seed: UInt64) {
        random = SeededGenerator(state: seed)
    }

    /// Repeats `body` with a new seed for as many seconds as ATLAS_FUZZ_SECONDS says; not at all without it.
    static func unbounded(_ part: UInt64 = 0, _ body: (inout Corpus) throws -> Void) rethrows {
        guard let text = getenv("ATLAS_FUZZ_SECONDS"), let seconds = Int(String(cString: text)) else { return }
        let clock = ContinuousClock()
        let end = clock.now + .seconds(seconds)
        var corpus = Corpus(seed: UInt64(clamping: time(nil)) << 2 | part)
        while clock.now < end { try body(&corpus) }
    }

    /// A text of a few to some dozens of pieces; one of three is broken by small changes afterwards.
    mutating func document() -> String {
        var text = ""
        for _ in 0..<Int.random(in: 1...24, using: &random) { text += piece() }
        guard Int.random(in: 0..<3, using: &random) == 0 else { return text }
        var scalars = Array(text.unicodeScalars)
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            guard let index = scalars.indices.randomElement(using: &random) else { break }
            let end = min(scalars.count, index + Int.random(in: 0...4, using: &random))
            scalars.replaceSubrange(index..<end, with: Array(pick(Self.snippets).unicodeScalars))
        }
        return String(String.UnicodeScalarView(scalars))
    }

    /// A pile of one or two tags, which finds what depth does.
    mutating func pile() -> String {
        let tags = (0..<Int.random(in: 1...3, using: &random)).map { _ in tag() }
        return (0..<Int.random(in: 90...220, using: &random)).map { _ in pick(tags) + (Bool.random(using: &random) ? "" : "x") }.joined()
    }

    private mutating func piece() -> String {
        switch Int.random(in: 0..<10, using: &random) {
        case 0...3: tag()
        case 4, 5: "</" + pick(Self.names) + (Int.random(in: 0..<9, using: &random) == 0 ? " x" : "") + ">"
        case 6: pick(Self.references)
        case 7: pick(Self.snippets)
        default: pick(Self.texts)
        }
    }

    private mutating func tag() -> String {
        var text = "<" + pick(Self.names)
        for _ in 0..<Int.random(in: 0...3, using: &random) { text += pick(Self.gaps) + pick(Self.attributes) }
        return text + pick([">", ">", ">", ">", " >", "/>", " / >", ""])
    }

    mutating func pick(_ items: [String]) -> String { items.randomElement(using: &random) ?? "" }

    private static let names = [
        "p", "p", "div", "b", "i", "em", "a", "a", "span", "ul", "ol", "li", "li", "dl", "dt", "dd", "table", "table", "tbody", "thead",
        "tfoot",
        "tr", "td", "th", "caption", "colgroup", "col", "h1", "h2", "h6", "pre", "pre", "blockquote", "hr", "br", "img", "figure",
        "figcaption",
        "ruby", "rt", "rp", "details", "summary", "code", "s", "u", "strong", "small", "bdo", "address", "section", "q", "wbr", "del",
        "ins",
        "script", "style", "svg", "math", "iframe", "noscript", "noembed", "noframes", "xmp", "textarea", "title", "select", "option",
        "object",
        "form", "template", "plaintext", "input", "button", "center", "menu", "font", "nobr", "big", "strike", "marquee", "applet", "video",
        "image", "isindex", "frameset", "frame", "html", "head", "body", "base", "link", "meta", "embed", "rb", "rtc", "optgroup", "param",
        "mglyph", "foreignObject", "desc", "annotation-xml", "mi", "mtext", "listing", "main", "x-y", "P", "TabLE", "a\u{0}b",
        "scr\u{0}ipt", "é",
    ]
    private static let gaps = [" ", " ", " ", "\n", "/", "\t", " \u{C}", "\r\n", "", " / "]
    private static let attributes = [
        "title=x", "title='a b'", "title=\"<b>&lt;&quot;\"", "alt=\"`\"", "src=/picture", "src='/picture?&copy=1&amp;b'", "src=\"data:x\"",
        "href=/leak", "href=\"http://leak.example/\"", "href='javascript:alert(1)'", "href=\" jav&#x09;ascript:alert(1)\"",
        "href=\"JaVaScRiPt&colon;alert(1)\"", "href=mailto:a@b.example", "onclick=alert(1)", "onerror='alert(1)'", "onload=\"alert(1)\"",
        "onmouseover=alert(1)", "style=\"background:url(/leak)\"", "background=/leak", "id=x", "name=y", "class=language-swift", "lang=fa",
        "dir=rtl", "dir=up", "target=_blank", "target=_top", "rel='nofollow noopener x'", "width=100", "height='50%'", "colspan=2",
        "rowspan=99999",
        "span=2", "start=-3", "type=A", "open", "reversed", "cite=http://a.example", "srcset=\"/leak 1x\"", "poster=/leak", "data=/leak",
        "action=/leak", "formaction=javascript:alert(1)", "srcdoc='<script>alert(1)</script>'", "xlink:href=/leak", "=", "==x", "\"", "'",
        "<",
        "title=&amp", "title=&ampx", "title=&notin;", "title=&not=1", "a\u{0}b=c", "TITLE=Y", "title=\"a\u{0}b\"", "title=\"\r\n\"",
        "x=`y`",
        "datetime=2026-01-01", "loading=lazy", "hreflang=en", "scope=row", "value=3", "title=a/b", "title=\u{A0}",
    ]
    private static let references = [
        "&amp;", "&amp", "&lt;", "&ltx", "&notin;", "&notit;", "&not", "&NotEqualTilde;", "&#0;", "&#x80;", "&#150;", "&#xD800;",
        "&#x110000;",
        "&#99999999999;", "&#;", "&#x;", "&#x41", "&#65x", "&", "&&", "&a", "&CounterClockwiseContourIntegral;", "&nbsp;", "&nbsp",
        "&zwnj;",
        "&#13;", "&#10;", "&#12;", "&#1;", "&#x7f;", "&#x9d;", "&#60;script&#62;alert(1)&#60;/script&#62;", "&fjlig;", "&AMP", "&lang;",
        "&copy=",
    ]
    private static let snippets = [
        "<!--", "-->", "--!>", "<!-->", "<!--->", "<!---->", "<!-- a -- b -->", "<!--a--!", "<!", "<!x>", "<?php x ?>", "</>", "</ x>",
        "</", "<",
        "<>", "< p>", "<!doctype html>", "<!DOCTYPE", "<!doctype a \">\" b>", "<![CDATA[x]]>", "<![CDATA[</svg>", "]]>", "\u{0}", "\r",
        "\r\n", "\n",
        "\u{C}", "\"", "'", ">", "=", "/", "`", "\u{7F}", "\u{85}", "\u{FEFF}", "\u{FFFD}", "\u{200C}", "\u{1F469}\u{200D}\u{1F467}",
        "<!--<script>",
        "</script", "</script>", "</style >", "</title/>", "<script><!--<script></script>-->", "--", "-", "\u{A0}", "<a", "<a b=\"",
        "<a b='c", "<pre>\n",
        "<pre>\n\n", "<textarea>\n", "<table>x", "<tr>", "<td>", "<svg><p>", "<math><mi><mglyph><style>", "<select><p>", "</p>", "</br>",
        "<b><b><b><b>",
    ]
    private static let texts = [
        "x", "hello", " ", "\n", "a b", "سلام دنیا", "می‌شود", "日本", "é", "1 < 2", "a & b", "alert(1)", "\t", "  ", "\u{202E}", "😀",
        "a\u{0}b", "\r\na",
    ]
}
