import Testing

@testable import Expressions

/// Faults around decimals, tenants, references to several collections, JSON and functions, each with its place.
@Suite struct ShopFaultTests {
    typealias Case = FaultTests.Case

    static let orders = [
        Case("totl > 1", "^^^^", "nothing here is called 'totl'", "total"),
        Case("tenant.plna == 'x'", "       ^^^^", "tenants has no field 'plna'", "plan"),
        Case("member.rol == 'x'", "       ^^^", "memberships has no field 'rol'", "role"),
        Case("address.ctiy == 'x'", "        ^^^^", "'address' has no part 'ctiy'", "city"),
        Case("address.geo == 'x'", "^^^^^^^^^^^", "'address.geo' has parts and is no value"),
        Case("address.geo.lon > 1", "            ^^^", "'address.geo' has no part 'lon'", nil),
        Case("address == 'x'", "^^^^^^^^^^^^^^", "cannot be compared"),
        Case("address.city.x == 'x'", "             ^", "has no fields"),
        Case("total == true", "^^^^^^^^^^^^^", "'total' (a decimal) cannot be compared with a bool"),
        Case("total == 'x'", "^^^^^^^^^^^^", "cannot be compared with a text"),
        Case("total > input.f", "^^^^^^^^^^^^^^^", "cannot be compared with a float"),
        Case("total * input.f > 1", "^^^^^^^^^^^^^^^", "a decimal is exact and a float is not"),
        Case("total % 2 == 0", "^^^^^^^^^", "'%' cannot take 'total' (a decimal) and an int"),
        Case("total + 'x' > 1", "^^^^^^^^^^^", "'+' cannot take"),
        Case("total / 3 * (total / 3) > 1", "^^^^^^^^^^^^^^^^^^^^^^^", "the product would have 24 digits", "round(…, 4)"),
        Case("round(total, 99) > 1", "             ^^", "'round' takes the number of digits"),
        Case("round(total, count) > 1", "             ^^^^^", "'round' takes the number of digits"),
        Case("round(status) > 1", "      ^^^^^^", "'round' takes a number"),
        Case("round() > 1", "^^^^^^^", "'round' takes 1 to 2 values, found 0"),
        Case("ronud(total) > 1", "^^^^^", "there is no function 'ronud'", "round"),
        Case("serach(note, 'x')", "^^^^^^", "there is no function 'serach'", "search"),
        Case("search(count, 'x')", "       ^^^^^", "'search' takes a text"),
        Case("search(note)", "^^^^^^^^^^^^", "'search' takes 2 values, found 1"),
        Case("search(note, 3)", "             ^", "'search' takes a text"),
        Case("date(created_at) == 'x'", "^^^^", "'date' is known in texts only"),
        Case("money(total, 'EUR') == 'x'", "^^^^^", "'money' is known in texts only"),
        Case("flags == 'x'", "^^^^^^^^^^^^", "cannot be compared"),
        Case("status in flags.x", "                ^", "has no fields"),
        Case("count in flags", "^^^^^", "'count' (an int) cannot be in a list of texts"),
        Case("exists(flags)", "       ^^^^^", "takes many records"),
        Case("status in total", "          ^^^^^", "expected a list after 'in'"),
        Case("count(all.order) > 1", "          ^^^^^", "there is no collection 'order'", "orders"),
        Case("count(items where order.total > totl) > 1", "                                ^^^^", "items has no field 'totl'"),
        Case("sum(items.sku) > 1", "    ^^^^^^^^^", "'sum' cannot take 'sku' (a text)"),
        Case("given.total > 1", "^^^^^", "'given' is known only in a view that has one"),
        Case("new.total > 1", "^^^", "'new' is known in effects and transitions only"),
        Case("out.x == 'y'", "^^^", "'out' is known in the 'set' of a job only"),
        Case("to.name == 'y'", "^^", "'to' is known in messages only"),
        Case("input.g > 1", "      ^", "the input has no field 'g'", "f"),
        Case("tenant", "^^^^^^", "a reference is no condition", "tenant != null"),
        Case("member", "^^^^^^", "a reference is no condition", "member != null"),
        Case("placed_on + total > now", "^^^^^^^^^^^^^^^^^", "'+' cannot take"),
        Case("day(total) > now", "    ^^^^^", "'day' takes a moment or a date"),
        Case("concat(flags) == 'x'", "       ^^^^^", "'concat' takes a text, an int or a decimal"),
        Case("overlap(flags, items.quantity) > 1", "^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^", "nothing in common"),
        Case("if(count > 1, total, 'x') == 1", "                     ^^^", "if cannot hold a decimal and a text"),
        Case("total in ['x']", "^^^^^", "'total' (a decimal) cannot be in a list of texts"),
        Case("total in 'a'..'b'", "^^^^^^^^^^^^^^^^^", "cannot be compared with a text"),
        Case("all == null", "^^^", "'all' is no value"),
        Case("1 == 1 == 1", "       ^^", "cannot be chained"),
    ]

    static let reviews = [
        Case("target.stage == 'x'", "       ^^^^^", "salons has no field 'stage'"),
        Case(
            "target.city == 'x'", "       ^^^^", "artists has no field 'city'; a path through 'target' (a reference to salons or artists)"),
        Case("target.nmae == 'x'", "       ^^^^", "salons has no field 'nmae'", "name"),
        Case("target == author", "^^^^^^^^^^^^^^^^", "cannot be compared with 'author' (a reference to users)"),
        Case("target == 'salons:x'", "^^^^^^^^^^^^^^^^^^^^", "cannot be compared with a text"),
        Case("target < target", "^^^^^^", "has no order"),
        Case("target", "^^^^^^", "a reference is no condition", "target != null"),
        Case("target.owners == me", "^^^^^^^^^^^^^", "a path through many records stands only in"),
        Case("author in target.owners.name", "^^^^^^", "cannot be in a list of texts"),
        Case("target in all.votes.review", "^^^^^^", "cannot be in a list of references to reviews"),
        Case("count(target) > 1", "      ^^^^^^", "takes many records"),
        Case("count(target.owners where stars > 1) > 1", "                          ^^^^^", "users has no field 'stars'"),
        Case("target.reviews.target.owners.name in 'x'", "^^^^^^^^^^^^^^^^^^^^^^^^^^^^", "only once"),
    ]

    private func check(_ example: Case, _ scope: Scope) {
        do {
            _ = try ExpressionCompiler(model: Shop.model).compile(example.source, in: scope, as: .condition)
            Issue.record("compiled: \(example.source)")
        } catch {
            let carets = String(repeating: " ", count: error.range.lowerBound) + String(repeating: "^", count: error.range.count)
            #expect(error.message.contains(example.message), "\(example.source): \(error)")
            if !example.message.contains("only once") { #expect(carets == example.carets, "\(example.source): \(error)") }
            if example.suggestion != nil { #expect(error.suggestion == example.suggestion, "\(example.source): \(error)") }
        }
    }

    @Test(arguments: orders) func orderFaults(_ example: Case) {
        check(example, Scope(collection: "orders", input: ["f": .float]))
    }

    @Test(arguments: reviews) func reviewFaults(_ example: Case) { check(example, Scope(collection: "reviews")) }

    /// 11-precisions 6: down to children, not up, not around.
    @Test(arguments: [
        ("tenant.plan == 'x'", "'plan' of another record"), ("me != null", "not 'me'"), ("now > created_at", "not 'now'"),
        ("exists(all.users)", "not 'all'"), ("count(items where order.total > 1) > 1", "'total' of another record"),
        ("member.role == 'x'", "not 'member'"), ("request.ip == 'x'", "not 'request'"),
    ])
    func computedLooksDown(_ source: String, _ message: String) throws {
        let scope = Scope(collection: "orders", isComputed: true)
        let fault = #expect(throws: ExpressionFault.self) {
            try ExpressionCompiler(model: Shop.model).compile(source, in: scope, as: .condition)
        }
        #expect(fault?.message.contains(message) == true, "\(String(describing: fault))")
    }

    @Test func computedMaySeeItsOwn() throws {
        let compiler = ExpressionCompiler(model: Shop.model)
        for source in ["sum(items.price) > total", "'x' in flags", "count(items where sku == this.status) > 1", "tenant != null"] {
            _ = try compiler.compile(source, in: Scope(collection: "orders", isComputed: true), as: .condition)
        }
        for source in ["count(owners) > 1", "exists(reviews where rating > 3)"] {
            _ = try compiler.compile(source, in: Scope(collection: "salons", isComputed: true), as: .condition)
        }
        for source in ["'x' in owners.name", "exists(owners where name == 'x')"] {
            #expect(throws: ExpressionFault.self) {
                try compiler.compile(source, in: Scope(collection: "salons", isComputed: true), as: .condition)
            }
        }
    }

    @Test(
        arguments: [
            ("total / 2", "the field has 2 digits behind the point, this value may have more", "round(…, 2)"),
            ("total * rate", "the field has 2 digits", "round(…, 2)"), ("1.005", "expected a decimal, found a float", nil),
            ("input.f", "expected a decimal, found a float", nil), ("status", "expected a decimal, found 'status' (a text)", nil),
        ] as [(String, String, String?)])
    func valuesMustFitTheirField(_ source: String, _ message: String, _ suggestion: String?) throws {
        let fault = #expect(throws: ExpressionFault.self) {
            try ExpressionCompiler(model: Shop.model).compile(
                source, in: Scope(collection: "orders", input: ["f": .float]), as: .value(.decimal(scale: 2)))
        }
        #expect(fault?.message.contains(message) == true && fault?.suggestion == suggestion, "\(String(describing: fault))")
    }

    /// A name twice given by two fields of one child has no back-reference; without tenancy there is neither member nor tenant.
    @Test func whatIsNotDeclaredIsUnknown() {
        for source in ["member.role == 'x'", "tenant.plan == 'x'"] {
            #expect(throws: ExpressionFault.self) {
                try ExpressionCompiler(model: Blog.model).compile(source, in: Scope(collection: "posts"), as: .condition)
            }
        }
    }
}
