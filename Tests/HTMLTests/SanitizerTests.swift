import Testing

@testable import HTML

@Suite("What the sanitiser keeps, and how")
struct SanitizerTests {
    @Test(
        "Kept as it is",
        arguments: [
            "", "text", "a\nb\tc", "<p>سلام <b>دنیا</b>، می‌شود</p>", "<h1>a</h1><h2>b</h2><h3>c</h3><h4>d</h4><h5>e</h5><h6>f</h6>",
            "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "<ol start=\"3\" type=\"A\" reversed=\"\"><li value=\"-2\">a</li></ol>",
            "<dl><dt>a</dt><dd>b</dd></dl>", "<blockquote cite=\"https://a.example/\"><p>a</p></blockquote>",
            "<figure><img src=\"/a.webp\" alt=\"یک\" width=\"640\" height=\"50%\" loading=\"lazy\"><figcaption>a</figcaption></figure>",
            "<pre><code class=\"language-swift\">let a = 1 &lt; 2\n</code></pre>", "<p>a<br>b<wbr>c</p><hr>",
            "<p dir=\"rtl\" lang=\"fa-IR\" title=\"a\">x</p>",
            "<p><bdi>a</bdi><bdo dir=\"ltr\">b</bdo></p>",
            "<b>a</b><i>b</i><em>c</em><strong>d</strong><u>e</u><s>f</s><sub>g</sub><sup>h</sup>",
            "<table><caption>a</caption><colgroup><col span=\"2\"></colgroup><thead><tr><th scope=\"col\">a</th></tr></thead><tbody><tr>"
                + "<td colspan=\"2\" rowspan=\"3\">b</td></tr></tbody></table>",
            "<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>", "<details open=\"\"><summary>a</summary><p>b</p></details>",
            "<a href=\"/blog?a=1&amp;b=2#c\">a</a>", "<a href=\"mailto:a@b.example\">a</a>", "<a href=\"tel:+98\">a</a>",
            "<a href=\"#a\"></a>",
            "<a href=\"https://a.example/\" rel=\"noopener nofollow\">a</a>", "<time datetime=\"2026-01-01T10:00Z\">a</time>",
            "<q>a</q>\u{A0}b",
            "<pre>\n\na</pre>", "1 &lt; 2 &amp; \"3\" &gt; '4'",
        ])
    func kept(text: String) throws {
        #expect(try HTMLSanitizer.sanitize(text) == text)
    }

    @Test(
        "Made what it should be",
        arguments: [
            // The scenario of the contract.
            ("<p onclick=x>hi<script>alert(1)</script><a href=\"javascript:alert(1)\">", "<p>hi<a></a></p>"),
            // Nesting.
            ("<p>a<p>b", "<p>a</p><p>b</p>"), ("<p>a<div>b", "<p>a</p><div>b</div>"), ("<b>a<i>b</b>c</i>", "<b>a<i>b</i></b>c"),
            ("</p></b>a", "a"),
            ("<h1>a<h2>b</h1>", "<h1>a</h1><h2>b</h2>"), ("<a href=/a>x<a href=/b>y", "<a href=\"/a\">x</a><a href=\"/b\">y</a>"),
            ("<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>"),
            ("<ul><li>a<ul><li>b</ul><li>c", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"),
            ("<dl><dt>a<dd>b<dt>c", "<dl><dt>a</dt><dd>b</dd><dt>c</dt></dl>"),
            ("<p><table><td>a", "<p></p><table><tbody><tr><td>a</td></tr></tbody></table>"),
            ("<table>a<td>b", "<table><tbody><tr><td>a</td><td>b</td></tr></tbody></table>"),
            ("<table> <tr> <td>a<tr><td>b</table>c", "<table> <tbody><tr> <td>a</td></tr><tr><td>b</td></tr></tbody></table>c"),
            ("<table><colgroup><col>a", "<table><colgroup><col></colgroup><tbody><tr><td>a</td></tr></tbody></table>"),
            (
                "<table><td><table><td>a</table>b</table>c",
                "<table><tbody><tr><td><table><tbody><tr><td>a</td></tr></tbody></table>b</td></tr></tbody></table>c"
            ),
            ("<table><td><b>a</td></b>", "<table><tbody><tr><td><b>a</b></td></tr></tbody></table>"), ("<td>a", "a"),
            ("<tr><col><caption>a", "a"),
            ("<b><table><td>a</b>b</table>c", "<b><table><tbody><tr><td>ab</td></tr></tbody></table>c</b>"), ("<rt>a", "a"),
            ("<ruby>a<rt><b>b<rt>c", "<ruby>a<rt><b>b</b></rt><rt>c</rt></ruby>"),
            (
                "<a href=/a><table><td><a href=/b>c",
                "<a href=\"/a\"><table><tbody><tr><td><a href=\"/b\">c</a></td></tr></tbody></table></a>"
            ),
            ("a</br>b", "a<br>b"),
            // Names.
            ("<center>a</center>", "<div>a</div>"), ("<strike>a</strike>", "<s>a</s>"), ("<x-y>a</x-y>", "a"),
            ("<font color=red>a</font>", "a"),
            ("<P TITLE=A>a</P>", "<p title=\"A\">a</p>"), ("<image src=/a>", "<img src=\"/a\">"),
            ("<input><embed src=x><link rel=x><meta><base>a", "a"),
            // Dropped with what is in it.
            ("a<svg><p>b</p></svg>c", "ac"), ("a<math><mi>b</math>c", "ac"), ("a<svg/>b", "ab"), ("a<svg><style></svg>b", "ab"),
            ("a<style>b</style>c", "ac"),
            ("a<iframe>b</iframe>c", "ac"),
            ("a<form>b<form>c</form>d</form>e", "ae"), ("a<object><object></object>b</object>c", "ac"),
            ("a<select><option>b</select>c", "ac"),
            ("a<textarea><b>b</textarea>c", "ac"), ("a<title>b</title>c", "ac"), ("a<noscript><p>b</noscript>c", "ac"),
            ("a<template>b</template>c", "ac"),
            ("a<plaintext>b</plaintext>c", "a"), ("a<xmp>b</xmp>c", "ac"), ("a<noembed>b</noembed><noframes>c</noframes>d", "ad"),
            ("a<script>b", "a"),
            ("a<svg><![CDATA[</svg>]]></svg>b", "ab"), ("a<form><script></form></script>b</form>c", "ac"),
            ("a<!-- b -->c<!doctype d>e<?f?>g", "aceg"),
            // Attributes.
            ("<p style=x id=x name=x class=x onclick=x data-x=x>a", "<p>a</p>"), ("<p dir=RTL>", "<p dir=\"rtl\"></p>"),
            ("<p dir=up lang='a b'>", "<p></p>"),
            ("<p title=a title=b>", "<p title=\"a\"></p>"), ("<p title='\"<>&amp;&lt;'>", "<p title=\"&quot;&lt;&gt;&amp;&lt;\"></p>"),
            ("<img alt=a>", ""), ("<img src=data:image/png;base64,AA>", ""), ("<img src=mailto:a>", ""),
            ("<img src=/a width=1e9 height=-1 srcset=/b>", "<img src=\"/a\">"),
            ("<img src=/a onerror=x><td colspan=9999>", "<img src=\"/a\">"), ("<a href=' /a '>", "<a href=\"/a\"></a>"),
            ("<a href='/\t/a\n'>", "<a href=\"//a\" rel=\"noopener\"></a>"),
            ("<a href=/a target=_blank>", "<a href=\"/a\" target=\"_blank\" rel=\"noopener\"></a>"),
            ("<a href=/a target=x>", "<a href=\"/a\"></a>"),
            ("<a href=HTTP://a rel='X opener NOFOLLOW'>", "<a href=\"HTTP://a\" rel=\"noopener nofollow\"></a>"),
            ("<a href=\\\\a>", "<a href=\"\\\\a\" rel=\"noopener\"></a>"),
            ("<a href=ftp://a>", "<a></a>"), ("<a href=\"&#1;javascript:x\">", "<a></a>"), ("<a href='java script:x'>", "<a></a>"),
            ("<a href=a:b>", "<a></a>"),
            ("<a href=./a:b>", "<a href=\"./a:b\"></a>"), ("<code class='language-c++'>", "<code class=\"language-c++\"></code>"),
            ("<code class='x y'>", "<code></code>"),
            ("<a \(String(repeating: "x ", count: 32))href=/a>", "<a></a>"),
            ("<a \(String(repeating: "x ", count: 31))href=/a>", "<a href=\"/a\"></a>"),
            // Characters.
            ("a\u{0}b\u{1}c&#0;\u{85}d&#x9d;", "abc\u{FFFD}d"), ("a\r\nb\rc&#13;d", "a\nb\nc\nd"), ("a\u{C}b&#12;c", "a b c"),
            ("&nbsp;&eacute;&#x41;&amp;lt;", "\u{A0}éA&amp;lt;"),
            ("1 < 2 && 3 > 2", "1 &lt; 2 &amp;&amp; 3 &gt; 2"), ("<pre>\na</pre>", "<pre>a</pre>"), ("<pre>&#10;a</pre>", "<pre>a</pre>"),
            ("<pre><!-- -->\na</pre>", "<pre>\n\na</pre>"),
            ("<pre>\r\n\r\na", "<pre>\n\na</pre>"), ("<pre><b>\na", "<pre><b>\na</b></pre>"),
            ("<p title='a\u{0}\u{7}\r\nb'>", "<p title=\"a\u{FFFD}\nb\"></p>"),
        ])
    func made(text: String, expected: String) throws {
        #expect(try HTMLSanitizer.sanitize(text) == expected, "\(text)")
    }

    @Test("docs/html.md names every element and attribute that is kept or dropped")
    func documented() {
        let page = Tool.page("docs/html.md")
        let words = Set(
            page.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }.map(\.element))
        for name in Tag.vocabulary.map(\.name) + Attribute.names { #expect(words.contains(Substring(name)), "\(name)") }
    }

    @Test("At most 100 elements deep, whatever is piled up; content is kept")
    func depth() throws {
        for (tag, limit) in [("<div>", 100), ("<b>", 100), ("<table><td>", 100), ("<ul><li>", 100), ("<table>x", 100)] {
            let sanitized = try HTMLSanitizer.sanitize(String(repeating: tag, count: 5000) + "end")
            var depth = 0
            var deepest = 0
            for tag in sanitized.split(separator: "<").dropFirst(sanitized.hasPrefix("<") ? 0 : 1) {
                depth += tag.hasPrefix("/") ? -1 : 1
                deepest = max(deepest, depth)
            }
            #expect(deepest <= limit && deepest > 90 && depth == 0, "\(tag)")
            #expect(HTMLText.plain(sanitized).hasSuffix("end"))
        }
    }

    @Test("At most a megabyte, of the text and of what becomes of it")
    func size() throws {
        let limit = HTMLSanitizer.maximumBytes
        let longest = String(repeating: "a", count: limit)
        #expect(try HTMLSanitizer.sanitize(longest) == longest)
        #expect(throws: HTMLFault.tooLarge(limit: limit)) { try HTMLSanitizer.sanitize(longest + "a") }
        // Escaped, this would be longer than what may be sanitised again.
        #expect(throws: HTMLFault.tooLarge(limit: limit)) { try HTMLSanitizer.sanitize(String(repeating: "&", count: limit / 2)) }
        let escaped = try HTMLSanitizer.sanitize(String(repeating: "&", count: limit / 5))
        #expect(escaped.utf8.count == limit)
        #expect(try HTMLSanitizer.sanitize(escaped) == escaped)
    }

    @Test(
        "Words without markup",
        arguments: [
            ("", ""), ("  a \n b\t", "a b"), ("<p>a</p><p>b</p>", "a b"), ("a<br>b<hr>c", "a b c"), ("<b>a</b>b<i>c</i>", "abc"),
            ("<td>a<td>b", "a b"),
            ("<ul><li>a</li><li>b</li></ul>", "a b"), ("a<script>b</script>c<!--d--><svg>e</svg>", "ac"),
            ("a &amp; b&nbsp;c &lt;d&gt;", "a & b\u{A0}c <d>"),
            ("می&zwnj;شود", "می\u{200C}شود"), ("<img src=x alt=y>", ""), ("a&#32;b&#x9d;&#10;c\u{0}d\u{85}e", "a b cde"),
            ("<center>a</center>b", "a b"), ("1 < 2", "1 < 2"),
            ("« a »", "« a »"), ("&bull", "&bull"), ("<p title='<b>'>a", "a"),
        ])
    func plain(text: String, expected: String) {
        #expect(HTMLText.plain(text) == expected, "\(text)")
    }
}
