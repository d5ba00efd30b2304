import Testing

@testable import Expressions

@Suite struct RuleTests {
    static let anonymous = Environment()
    static let admin = Environment(me: Blog.ann)
    static let user = Environment(me: Blog.bob)

    private func rule(_ source: String) throws -> Rule {
        Rule(try Blog.compile(source, Scope(collection: "posts", macros: ["staff": "me.role == 'ADMIN' or me.role == 'EDITOR'"])))
    }

    @Test func callersGetTheirOwnStatements() throws {
        let rule = try self.rule("status == 'published' or author == me or staff")
        #expect(rule.residuals.count == 2)
        #expect(rule.outcome(for: Self.admin) == .always)
        guard case .residual(let general) = rule.outcome(for: Self.user), case .residual(let common) = rule.outcome(for: Self.anonymous)
        else {
            Issue.record("expected residuals")
            return
        }
        #expect(rule.residuals[general].sql(.sqlite, alias: "t").text == #"("t"."status" = ? OR "t"."author" = ?)"#)
        #expect(rule.residuals[common].sql(.sqlite, alias: "t").text == #""t"."status" = ?"#)
        #expect(!rule.isNeverForAnonymous)
    }

    @Test(arguments: [
        ("true", "always always always"), ("false", "never never never"), ("staff", "never never always"),
        ("me != null", "never always always"),
        ("me == null", "always never never"), ("author == me", "never rest rest"), ("me in owners", "never rest rest"),
        ("not staff", "always always never"),
        ("me != null and status == 'draft'", "never rest rest"), ("status == 'draft' or true", "always always always"),
        ("me.city.slug == 'rome'", "never rest rest"), ("exists(all.posts where author == me)", "never rest rest"),
        ("count(comments where author == me) > 0", "never rest rest"), ("not (me == null) and me.active", "never never always"),
        ("me.role in ['ADMIN'] and (staff or status == 'draft')", "never never always"), ("this == me.city.mayor.city.mayor", "x x x"),
        ("if(me == null, false, author == me)", "never rest rest"),
    ])
    func outcomes(_ source: String, _ expected: String) throws {
        if expected.hasPrefix("x") {
            #expect(throws: ExpressionFault.self) { try self.rule(source) }
            return
        }
        let rule = try self.rule(source)
        let found = [Self.anonymous, Self.user, Self.admin].map { environment in
            switch rule.outcome(for: environment) {
            case .always: "always"
            case .never: "never"
            case .residual: "rest"
            }
        }
        #expect(found.joined(separator: " ") == expected)
        #expect(rule.isNeverForAnonymous == expected.hasPrefix("never"))
    }

    /// Clock and request may change: what depends on them is possible, so it is no 401.
    @Test(arguments: [
        ("request.method == 'GET'", false), ("request.ip == '::1' and author == me", true), ("now > now - 1d and pinned", false),
    ])
    func neverIsDecidedAtLoad(_ source: String, _ expected: Bool) throws {
        #expect(try rule(source).isNeverForAnonymous == expected)
    }

    /// What a membership or the tenant decides cannot be said before a request names one.
    @Test(arguments: [
        ("member.role == 'admin'", true), ("member != null or me != null", true), ("tenant == member.tenant", true),
        ("status == 'paid' and not (member == null)", true), ("status == 'paid'", false), ("me != null", false),
        ("exists(all.memberships where user == me)", false), ("exists(all.memberships where role == member.role)", true),
    ])
    func tenantsAreAskedFor(_ source: String, _ expected: Bool) throws {
        let compiled = try ExpressionCompiler(model: Shop.model).compile(source, in: Scope(collection: "orders"), as: .condition)
        #expect(Rule(compiled).asksForTenant == expected)
    }

    /// More atoms than the table has bits stay in the residual.
    @Test func surplusAtomsStayInside() throws {
        let terms = (0..<9).map { "(me.age > \($0) and views == \($0))" }
        let rule = try self.rule(terms.joined(separator: " or "))
        #expect(rule.residuals.count <= 64)
        let rows = try Blog.rows()
        for environment in [Self.anonymous, Self.user, Self.admin] {
            for post in Blog.posts {
                let whole = try rule.expression.isTrue(in: environment, row: post, rows: rows)
                switch rule.outcome(for: environment) {
                case .always: #expect(whole)
                case .never: #expect(!whole)
                case .residual(let index): #expect(try rule.residuals[index].isTrue(in: environment, row: post, rows: rows) == whole)
                }
            }
        }
    }
}
