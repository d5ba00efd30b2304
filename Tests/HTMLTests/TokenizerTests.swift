import Testing

@testable import HTML

@Suite("The tokenizer is that of the standard")
struct TokenizerTests {
    /// The tokens of `text`, written as the oracle writes them.
    static func tokens(_ text: String) -> String {
        var tokenizer = Tokenizer(text)
        var written = ""
        var characters = ""
        func decoded(_ range: Range<Int>, _ context: CharacterData.Context) -> String {
            String(decoding: CharacterData.decode(range, of: tokenizer.bytes, context), as: UTF8.self)
        }
        func name(_ range: Range<Int>) -> String {
            String(decoding: CharacterData.decode(range, of: tokenizer.bytes, .raw).map(\.lowercased), as: UTF8.self)
        }
        while true {
            let token = tokenizer.next()
            if case .text(let range, let context) = token {
                characters += decoded(range, context)
                continue
            }
            if !characters.isEmpty { written += "\u{1E}=" + characters }
            characters = ""
            switch token {
            case .text, .end: return written
            case .startTag:
                let tag = name(tokenizer.name)
                written += "\u{1E}<" + tag
                var seen: Set<String> = []
                for attribute in tokenizer.attributes {
                    let key = name(attribute.name)
                    guard seen.insert(key).inserted else { continue }
                    written += "\u{1F}\(key)\u{1F}\(decoded(attribute.value, .attribute))"
                }
                if tokenizer.isSelfClosing { written += "\u{1F}/" }
                switch tag {
                case "script": tokenizer.mode = .script
                case "title", "textarea": tokenizer.mode = .escapable
                case "style", "xmp", "iframe", "noembed", "noframes", "noscript": tokenizer.mode = .raw
                case "plaintext": tokenizer.mode = .plaintext
                default: break
                }
            case .endTag: written += "\u{1E}>" + name(tokenizer.name)
            case .comment(let range): written += "\u{1E}!" + decoded(range, .raw)
            case .doctype: written += "\u{1E}D"
            }
        }
    }

    @Test(
        "Named cases",
        arguments: [
            ("a<b", "=a"), ("<p>", "<p"), ("<P CLASS=X>", "<p,class,X"), ("<p a=1 a=2>", "<p,a,1"),
            ("<p/ >", "<p"), ("<p / b=c/>", "<p,b,c/"), ("<br/>", "<br,/"), ("<a =b>", "<a,=b,"), ("<a b=>", "<a,b,"),
            ("<a b='c'd>", "<a,b,c,d,"), ("<a \"b>", "<a,\"b,"), ("<a<b>", "<a<b"), ("</p x=y>", ">p"),
            ("1 < 2", "=1 < 2"), ("</", "=</"), ("</>x", "=x"), ("</ x>", "! x"), ("<?x?>", "!?x?"), ("<!x>", "!x"),
            ("<!-->x", "!|=x"), ("<!--->x", "!|=x"), ("<!---->x", "!|=x"), ("<!--a--!>x", "!a|=x"), ("<!--a--b-->", "!a--b"),
            ("<!--a", "!a"), ("<!--a-", "!a"), ("<!--a--", "!a"), ("<!--a--!", "!a"), ("<!--<!--a-->b-->", "!<!--a|=b-->"),
            ("<!doctype html>x", "D|=x"), ("<!DOCTYPE a \">\" b>", "D|=\" b>"), ("<![CDATA[x]]>", "![CDATA[x]]"),
            ("a&amp;b", "=a&b"), ("&notit;", "=¬it;"), ("&notin;", "=∉"), ("<a b=&notit;>", "<a,b,&notit;"),
            ("<a b=&not;>", "<a,b,¬"), ("<a b=&not=>", "<a,b,&not="), ("&#x80;", "=€"), ("&#0;", "=\u{FFFD}"),
            ("&#xD800;", "=\u{FFFD}"), ("&#;&#x;&;", "=&#;&#x;&;"), ("&#65", "=A"), ("&#x41g", "=Ag"),
            ("&NotEqualTilde;", "=\u{2242}\u{338}"), ("\r\n\r", "=\n\n"), ("a\u{0}", "=a\u{0}"), ("<a\u{0}>", "<a\u{FFFD}"),
            ("<script>a<b</script>c", "<script|=a<b|>script|=c"), ("<script></scriptx></script >", "<script|=</scriptx>|>script"),
            ("<script><!--<script></script>--></script>", "<script|=<!--<script></script>-->|>script"),
            ("<script><!--</script>-->", "<script|=<!--|>script|=-->"),
            ("<script><!--><script></script>", "<script|=<!--><script>|>script"),
            ("<title>&amp;<b></title>", "<title|=&<b>|>title"), ("<style>&amp;</style>", "<style|=&amp;|>style"),
            ("<textarea></TEXTAREA/>", "<textarea|>textarea"), ("<plaintext></plaintext>", "<plaintext|=</plaintext>"),
            ("<a href='x", ""), ("x<a href", "=x"),
        ])
    func named(text: String, expected: String) {
        // `|` between tokens, `,` between their fields.
        let tokens = Self.tokens(text).dropFirst().replacing("\u{1E}", with: "|").replacing("\u{1F}", with: ",")
        #expect(String(tokens) == expected, "\(text)")
    }

    @Test("html5lib finds the same tokens in 8000 documents")
    func oracle() throws {
        var corpus = Corpus(seed: 1)
        let documents = (0..<8000).map { _ in corpus.document() }
        let answers = try Tool.ask("tokens", documents)
        try #require(answers.count == documents.count)
        var differences = 0
        for (document, answer) in zip(documents, answers) where Self.tokens(document) != answer {
            differences += 1
            guard differences <= 5 else { continue }
            Issue.record(
                "\(document.debugDescription)\nours    \(Self.tokens(document).debugDescription)\nhtml5lib \(answer.debugDescription)")
        }
        #expect(differences == 0)
    }

    @Test("Sections of CDATA only in foreign content")
    func sections() {
        var tokenizer = Tokenizer("<![CDATA[a]]b]]>c<![CDATA[d")
        tokenizer.allowsSections = true
        #expect(tokenizer.next() == .text(9..<13, .section))
        #expect(tokenizer.next() == .text(16..<17, .data))
        #expect(tokenizer.next() == .text(26..<27, .section))
        #expect(tokenizer.next() == .end)
    }

    @Test("Every named reference of the standard, and nothing beside them")
    func references() throws {
        let answers = try Tool.ask("character-references", [], "--list")
        try #require(answers.count == CharacterReferenceTable.count)
        for line in answers {
            let parts = line.split(separator: " ").map(String.init)
            let expected = parts[1].split(separator: "+").compactMap { UInt32($0, radix: 16).flatMap(Unicode.Scalar.init) }
            for end in ["", " ", "<", ";"] {
                let text = "&" + parts[0] + end
                let bytes = Array(text.utf8)
                let match = CharacterReferences.standard.match(at: 0, before: bytes.count, of: bytes, inAttribute: false)
                // With a semicolon behind it a bare name is the other name, of the same meaning.
                let length = 1 + parts[0].utf8.count + (end == ";" && !parts[0].hasSuffix(";") ? 1 : 0)
                #expect(match?.length == length, "\(text)")
                #expect([match?.first, match?.second].compactMap { $0 } == expected, "\(text)")
            }
        }
    }
}
