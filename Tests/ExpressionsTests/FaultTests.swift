import Testing

@testable import Expressions

/// Each fault with its place: the second line holds carets below what is wrong.
@Suite struct FaultTests {
    struct Case: Sendable {
        var source: String
        var carets: String
        var message: String
        var suggestion: String?

        init(_ source: String, _ carets: String, _ message: String, _ suggestion: String? = nil) {
            (self.source, self.carets, self.message, self.suggestion) = (source, carets, message, suggestion)
        }
    }

    static let cases = [
        Case("statsu == 'draft'", "^^^^^^", "nothing here is called 'statsu'", "status"),
        Case("author.nam == 'x'", "       ^^^", "users has no field 'nam'", "name"),
        Case("status == 'drfat'", "          ^^^^^^^", "'status' is never 'drfat'", "draft"),
        Case("'é' == title and statsu", "                 ^^^^^^", "nothing here is called 'statsu'", "status"),
        Case("status in ['draft', 'x']", "                    ^^^", "'status' is never 'x'"),
        Case("me", "^^", "a reference is no condition", "me != null"),
        Case("pinned and author", "           ^^^^^^", "a reference is no condition", "author != null"),
        Case("views", "^^^^^", "expected a condition, found 'views' (an int)"),
        Case("views == 'x'", "^^^^^^^^^^^^", "cannot be compared with a text"),
        Case("rating == true", "^^^^^^^^^^^^^^", "'rating' (a float) cannot be compared with a bool"),
        Case("author == tags", "^^^^^^^^^^^^^^", "cannot be compared", "in"),
        Case("tags.slug == 'x'", "^^^^^^^^^", "a path through many records stands only in"),
        Case("tags == null", "^^^^", "a list is never null", "not exists(…)"),
        Case("author.city.mayor.city.slug == 'x'", "^^^^^^^^^^^^^^^^^^^^^^^^^^^", "at most 3 references"),
        Case("lenght(title) > 1", "^^^^^^", "there is no function 'lenght'"),
        Case("rounds(rating) > 1", "^^^^^^", "there is no function 'rounds'", "round"),
        Case("pinned < true", "^^^^^^", "has no order"),
        Case("title > null", "^^^^^^^^^^^^", "null has no order"),
        Case("title + 'x' == 'y'", "^^^^^^^^^^^", "'+' does not join texts", "concat(…)"),
        Case("status = 'draft'", "       ^", "unexpected character '='", "=="),
        Case("pinned && pinned", "       ^^", "not an operator", "and"),
        Case("title == \"x\"", "         ^", "single quotes"),
        Case("title == 'x", "         ^^", "no closing quote"),
        Case("", "", "the expression is empty"),
        Case("pinned and", "", "expected a value, found the end"),
        Case("pinned pinned", "       ^^^^^^", "expected an operator or the end, found 'pinned'"),
        Case("1 < views < 3", "          ^", "cannot be chained"),
        Case("views > 5x", "         ^", "no unit of time"),
        Case("views > 99999999999999999999", "        ^^^^^^^^^^^^^^^^^^^^", "too large"),
        Case("count(comments where approved)", "                     ^^^^^^^^", "comments has no field 'approved'; in 'where'"),
        Case("count(comments where title == 'x')", "                     ^^^^^", "comments has no field 'title'"),
        Case("count(author) > 1", "      ^^^^^^", "takes many records"),
        Case("sum(comments) > 1", "    ^^^^^^^^", "needs a field"),
        Case("sum(comments.status) > 1", "    ^^^^^^^^^^^^^^^", "cannot take"),
        Case("exists(all.post)", "           ^^^^", "there is no collection 'post'", "posts"),
        Case("input.x == 1", "^^^^^", "there is no input here"),
        Case("old.title == 'x'", "^^^", "'old' is known in updates only"),
        Case("$ == title", "^", "'$' is known in filters only"),
        Case("member.role == 'x'", "^^^^^^", "'member' is known only where [tenancy] is declared"),
        Case("request.ips == 'x'", "        ^^^", "a request has no 'ips'", "ip"),
        Case("null in tags.slug", "^^^^", "null is in no list", "== null"),
        Case("views in ['a']", "^^^^^", "cannot be in a list of texts"),
        Case("views in title", "         ^^^^^", "expected a list after 'in'"),
        Case("if(pinned, 1, 'x') == 1", "              ^^^", "if cannot hold an int and a text"),
        Case("loop", "^^^^", "in the rule 'loop': in the rule 'pool': the rule 'loop' uses itself: loop → pool → loop", nil),
        Case("pinned and broken", "           ^^^^^^", "in the rule 'broken': nothing here is called 'statsu'", "status"),
        Case("title where pinned", "      ^^^^^", "expected an operator"),
    ]

    @Test(arguments: cases) func isFoundWhereItIs(_ example: Case) throws {
        let scope = Scope(collection: "posts", macros: ["loop": "pool", "pool": "loop", "broken": "not (statsu == 'x')"])
        do {
            _ = try Blog.compile(example.source, scope)
            Issue.record("compiled: \(example.source)")
        } catch let fault as ExpressionFault {
            let carets = String(repeating: " ", count: fault.range.lowerBound) + String(repeating: "^", count: fault.range.count)
            if !example.message.isEmpty { #expect(fault.message.contains(example.message), "\(example.source): \(fault)") }
            if !example.carets.isEmpty { #expect(carets == example.carets, "\(example.source): \(fault)") }
            if example.suggestion != nil { #expect(fault.suggestion == example.suggestion, "\(example.source): \(fault)") }
        }
    }

    @Test func callerIsUnknownWithoutOne() {
        #expect(throws: ExpressionFault.self) { try Blog.compile("me != null", Scope(collection: "posts", hasCaller: false)) }
    }

    @Test func filterValueNeedsAPartner() {
        let scope = Scope(collection: "posts", hasFilterValue: true)
        for source in ["$ == $", "$", "$ == null", "views == $ or title == $", "$ + 1 == 2"] {
            #expect(throws: ExpressionFault.self, "\(source)") { try Blog.compile(source, scope) }
        }
    }

    @Test func calendarOfUnknownZoneIsRefused() {
        var model = Blog.model
        for name in ["Asia/Teheran", "../../etc/passwd", "/etc/passwd", ""] {
            model.timezone = name
            #expect(throws: ExpressionFault.self) {
                try ExpressionCompiler(model: model).compile("month(now) == now", in: Scope(collection: "posts"), as: .condition)
            }
        }
    }

    /// Whatever its size or shape, a source is either compiled into SQL that SQLite takes, or refused.
    @Test func depthAndLengthAreBounded() throws {
        let database = try Database(Blog.model)
        func repeated(_ part: String, _ count: Int) -> String { String(repeating: part, count: count) }
        for count in [1, 8, 12, 20, 40, 63, 64, 65, 400, 1500] {
            let sources = [
                repeated("(", count) + "pinned" + repeated(")", count), repeated("not ", count) + "pinned",
                repeated("pinned or not (", count) + "pinned" + repeated(")", count), repeated("-", count) + "views > 1",
                repeated("views + ", count) + "1 > 2", repeated("views + (", count) + "1" + repeated(")", count) + " > 2",
                repeated("pinned and ", count) + "pinned", repeated("views * 2 == 1 or ", count) + "pinned",
                repeated("if(pinned, views, ", count) + "1" + repeated(")", count) + " > 1",
                repeated("exists(all.posts where ", count) + "pinned" + repeated(")", count), repeated("[", count),
                repeated("1 + if(pinned, views + views, ", count) + "1" + repeated(")", count) + " > 1",
                "author" + repeated(".city", count), repeated("abs(", count) + "views" + repeated(")", count) + " > 1",
                repeated("views in [views, ", count), "title in [" + repeated("'x', ", count) + "'y']",
                repeated("title < concat(title, ", count) + "title" + repeated(")", count),
            ]
            for source in sources {
                guard let expression = try? Blog.compile(source) else { continue }
                let text = expression.sql(.sqlite, alias: "t").text
                #expect(throws: Never.self, "\(source.prefix(80))") { try database.plan("SELECT id FROM posts AS t WHERE \(text)") }
            }
        }
    }

    /// Rules that double at each level must not blow up.
    @Test func expansionIsBounded() {
        var macros = ["m0": "pinned"]
        for level in 1...60 { macros["m\(level)"] = "m\(level - 1) and m\(level - 1)" }
        #expect(throws: ExpressionFault.self) { try Blog.compile("m60", Scope(collection: "posts", macros: macros)) }
    }
}
