import Config
import Conformance
import Expressions
import Glibc
import Ports
import Testing

@testable import Schema

/// Texts with holes are cut, checked and escaped at load.
@Suite struct NoticeTests {
    @Test(
        arguments: [
            ("", []), ("plain", [.literal("plain")]), ("{{a}}", [.hole("a", at: 2)]),
            ("x {{ new.title }} y", [.literal("x "), .hole("new.title", at: 5), .literal(" y")]),
            ("a{b}c } } {", [.literal("a{b}c } } {")]), ("{{ }}", [.fault("there is nothing between '{{' and '}}'", at: 0)]),
            ("ok {{ no", [.literal("ok "), .fault("'{{' is never closed", at: 3)]),
            ("{{{a}}}", [.hole("{a", at: 2), .literal("}")]), ("سلام {{ a }}", [.literal("سلام "), .hole("a", at: 8)]),
            ("{{a}}{{b}}", [.hole("a", at: 2), .hole("b", at: 7)]),
        ] as [(String, [TextTemplate.Piece])])
    func aTextHasPieces(text: String, pieces: [TextTemplate.Piece]) {
        #expect(TextTemplate.pieces(of: text) == pieces)
    }

    /// Any text has pieces, and nothing of it is lost but the white space of holes.
    @Test func noTextIsTooStrange() {
        let random = SeededRandom(36)
        let bits = ["{{", "}}", "{", "}", " ", "\n", "a", "new.x", "سلام", "'", "🎉", "\u{0}", "e\u{301}"]
        func bare(_ text: String) -> [Unicode.Scalar] { text.unicodeScalars.filter { !$0.properties.isWhitespace } }
        for _ in 0..<20_000 {
            let text = random.bytes(Int(random.bytes(1)[0]) % 20).map { bits[Int($0) % bits.count] }.joined()
            let pieces = TextTemplate.pieces(of: text)
            var whole = ""
            var isRight = true
            for piece in pieces {
                switch piece {
                case .literal(let literal): whole += literal
                case .hole(let source, let offset):
                    whole += "{{\(source)}}"
                    let place = text.unicodeScalars.dropFirst(offset).prefix(source.unicodeScalars.count)
                    #expect(String(String.UnicodeScalarView(place)) == source)
                case .fault: isRight = false
                }
            }
            if isRight { #expect(bare(whole) == bare(text), "\(text)") } else { #expect(text.contains("{{"), "\(text)") }
        }
    }

    @Test func valuesAreEscapedWhereTheyStand() {
        #expect(TextTemplate.escaped("<a href=\"x\">'&'</a>") == "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;")
    }

    @Test func everyReaderFindsAVersion() throws {
        let several = try #require(Localised([("de", 1), ("fa", 2), ("pt-BR", 3)], home: "fa-IR"))
        for (locale, version) in [("de", 1), ("DE-at", 1), ("fa", 2), ("pt-BR", 3), ("pt", 3), ("fr", 2), ("", 2)] {
            #expect(several.value(for: locale) == version, "\(locale)")
        }
        let one = try #require(Localised([("", 7)], home: "en"))
        #expect(one.value(for: "xx") == 7)
        #expect(Localised([(String, Int)](), home: "en") == nil)
    }

    private func faults(_ notice: String, otp: String = "n") -> [Fault] {
        let text = "[auth.otp]\nnotify = \"\(otp)\"\n[notify.n]\n\(notice)\n"
        do {
            let loaded = try ConfigurationLoader(environment: [:], overrides: []).load(text: text, file: "atlas.toml")
            _ = try SchemaCompiler.compile(loaded.configuration)
            return []
        } catch {
            return error.all
        }
    }

    @Test(arguments: ["otp_code", "code"]) func aFileIsCheckedWhetherItIsSentOrNot(otp: String) throws {
        var template = Array("/tmp/atlas-notice-XXXXXX".utf8CString)
        let directory = try #require(mkdtemp(&template).map { String(cString: $0) })
        let path = "\(directory)/code.html"
        defer {
            unlink(path)
            rmdir(directory)
        }
        let file = try #require(fopen(path, "w"))
        fputs("<p>{{ app.name }}</p>\n<p>{{ }}</p>\n", file)
        fclose(file)
        let text = """
            [auth.otp]
            notify = "\(otp)"
            [notify.otp_code]
            channel = "sms"
            text = "{{ code }}"
            [notify.code]
            channel = "sms"
            file = "\(path)"
            """
        let loaded = try ConfigurationLoader(environment: [:], overrides: []).load(text: text, file: "atlas.toml")
        let found = #expect(throws: Faults.self) { try SchemaCompiler.compile(loaded.configuration) }
        #expect(found?.all.count == 1)
        #expect(found?.all.first?.at == Location(file: path, line: 2, column: 4))
    }

    @Test func whatIsWrongInAHoleIsToldAtItsPlace() throws {
        let found = faults("channel = \"sms\"\ntext = \"کد: {{ cod }}\"")
        let fault = try #require(found.first)
        #expect(found.count == 1)
        #expect((fault.at.line, fault.at.column) == (5, 16))
        #expect(fault.suggestion == "did you mean 'code'?")
    }

    @Test(
        arguments: [
            ("channel = \"sms\"\ntext = \"{{ code }} {{ app.name }} {{ date(now) }}\"", nil),
            ("channel = \"sms\"\ntext = \"{{ token }}\"", "nothing here is called 'token'"),
            ("channel = \"sms\"\ntext = \"{{ me.email }}\"", "no caller is known here"),
            ("channel = \"sms\"\ntext = \"{{ code }} {{ to.email }} {{ new.phone }}\"", nil),
            ("channel = \"sms\"\ntext = \"{{ coalesce(code, '-') }}\"", nil),
            ("channel = \"sms\"\ntext = \"{{ 'code' }}\"", "it has no {{ code }}"),
            ("channel = \"sms\"\ntext = { en = \"{{ code }}\", fa = \"code\" }", "it has no {{ code }}"),
            ("channel = \"mail\"\nsubject = \"x\"\ntext = \"{{ code }}\"", "codes go by SMS"),
            ("channel = \"sms\"\ntext = {}", "there is no text in any language"),
            ("channel = \"sms\"\ntext = { english_ = \"x\" }", "is no locale"),
            ("channel = \"sms\"\nfile = \"/nowhere.html\"", "there is no file"),
            ("channel = \"sms\"\ntext = \"x\"\nfile = \"/nowhere.txt\"", "there is no file"),
        ] as [(String, String?)])
    func aNoticeIsCheckedAtLoad(notice: String, message: String?) {
        let found = faults(notice)
        if let message {
            #expect(found.contains { $0.message.contains(message) }, "\(found)")
        } else {
            #expect(found.isEmpty, "\(found)")
        }
    }
}

/// Who gets the message of an event is known, or it is no effect.
@Suite struct NoticeSendingTests {
    private func outcome(_ effect: String, notice: String = "", on event: String = "orders.created") -> (Schema?, [Fault]) {
        let text = """
            [collections.people]
            fields.email = "email"
            [collections.things]
            fields.name = "string"
            [collections.orders]
            fields.number = "string"
            fields.email = "email"
            fields.buyer = { type = "ref", to = "people" }
            fields.seller = { type = "ref", to = "people", as = "sold" }
            fields.thing = { type = "ref", to = "things" }
            fields.any = { type = "ref", to = ["people", "things"], as = "all_orders" }
            [notify.n]
            channel = "mail"
            subject = "Order {{ new.number }}"
            text = "x"
            \(notice)
            [[on]]
            event = "\(event)"
            do = [{ notify = "n"\(effect) }]
            """
        do {
            let loaded = try ConfigurationLoader(environment: [:], overrides: []).load(text: text, file: "atlas.toml")
            return (try SchemaCompiler.compile(loaded.configuration), [])
        } catch {
            return (nil, error.all)
        }
    }

    @Test(arguments: [
        ("", ""), (", to = \"= new.buyer\"", ""), (", to = \"= new.email\"", ""), (", to = \"ops@example.org\"", ""),
        ("", "to = [\"a@b.org\", \"= new.buyer\"]"),
        (", each = \"all.people\"", ""), (", each = \"all.things\", to = \"= new.buyer\"", ""),
    ])
    func theRecipientIsKnown(effect: String, notice: String) throws {
        let (schema, faults) = outcome(effect, notice: notice)
        #expect(faults.isEmpty, "\(faults)")
        guard case .notify(let sending)? = schema?.handlers["orders.created"]?.first?.effects.first else {
            Issue.record("no effect")
            return
        }
        #expect(sending.letters.values.allSatisfy { !$0.isEmpty && $0.allSatisfy { !$0.notices.isEmpty } })
    }

    @Test(arguments: [
        (", to = \"= new.thing\"", "have neither 'phone' nor 'email'"), (", to = \"= new.any\"", "have neither 'phone' nor 'email'"),
        (", to = \"= new.number == 'x'\"", "neither an address nor a record"), (", to = \"= new.nobody\"", "'nobody'"),
        (", to = 5", "'to' is an address"), (", each = \"all.things\"", "nobody is named"),
    ])
    func whoCannotBeWrittenToIsTold(effect: String, message: String) {
        let (_, faults) = outcome(effect)
        #expect(faults.count == 1 && faults[0].message.contains(message), "\(faults)")
    }

    @Test func anAlertHasNoRecord() {
        let (_, faults) = outcome(", to = \"ops@example.org\"", on: "alert.firing")
        #expect(faults.count == 1 && faults[0].at.line == 14, "\(faults)")
    }
}
