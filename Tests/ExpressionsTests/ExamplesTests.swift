import Testing

@testable import Expressions

/// Every expression of three large configurations compiles, as a condition or for its field, for both databases.
@Suite struct ExamplesTests {
    /// Compiles them all; `type` nil is a condition.
    private func compile(_ model: Model, _ scope: Scope, _ sources: [String], _ type: ValueType? = nil) {
        let compiler = ExpressionCompiler(model: model)
        for source in sources {
            do {
                let expression = try compiler.compile(source, in: scope, as: type.map { .value($0) } ?? .condition)
                #expect(!expression.sql(.sqlite, alias: "t").text.isEmpty && !expression.sql(.postgresql, alias: "t").text.isEmpty)
                if type == nil { _ = Rule(expression) }
            } catch {
                Issue.record("\(source) (\(error.range)): \(error.message), \(error.suggestion ?? "")")
            }
        }
    }

    private func directory(_ collection: String?, _ sources: [String], _ type: ValueType? = nil, change: (inout Scope) -> Void = { _ in }) {
        var scope = Scope(collection: collection, macros: Examples.directoryRules)
        change(&scope)
        compile(Examples.directory, scope, sources, type)
    }

    @Test func directoryCompiles() {
        directory("users", ["this == me or staff", "this == me or admin", "admin", "status == 'ACTIVE'"])
        directory("users", ["concat('user_', random(8))", "random(8)"], .text)
        directory("media", ["uploader == me or staff"])
        directory("cities", ["landing", "true"])
        for (source, type) in [
            ("count(salons where status == 'ACTIVE')", ValueType.int), ("count(artists where status == 'ACTIVE')", .int),
            ("avg(salons.rating_avg where status == 'ACTIVE' and review_count > 0)", .float),
        ] { directory("cities", [source], type) { $0.isComputed = true } }
        for listing in ["salons", "artists"] {
            directory(
                listing,
                [
                    "status == 'ACTIVE' or me in owners or staff", "me in owners or admin", "primary_owner == me or admin",
                    "me.role in ['SALON', 'ADMIN']", "verification == 'VERIFIED'",
                ])
            directory(
                listing,
                [
                    "city.slug == $", "neighborhood.slug == $", "(verification == 'VERIFIED') == $", "rating_avg >= $", "review_count >= $",
                    "city.province.slug == $",
                ]
            ) { $0.hasFilterValue = true }
            directory(listing, ["[me]"], .list(.reference(to: "users")))
            directory(listing, ["me"], .reference(to: "users"))
            directory(listing, ["if(verification == 'VERIFIED', 0.7, 0.5)"], .float)
            directory(listing, ["coalesce(avg(reviews.rating where status == 'PUBLISHED'), 0)"], .float) { $0.isComputed = true }
            directory(listing, ["count(reviews where status == 'PUBLISHED')"], .int) { $0.isComputed = true }
        }
        directory("salons", ["$ in services.slug", "price_tier == $"]) { $0.hasFilterValue = true }
        directory("artists", ["$ in specialties.slug"]) { $0.hasFilterValue = true }
        directory(
            "certifications",
            [
                "artist.status == 'ACTIVE' or me in artist.owners or staff", "me in artist.owners or admin",
                "me in artist.owners and not is_verified or admin",
            ])
        directory("certifications", ["input.is_verified"], .bool) { $0.input = ["is_verified": .bool] }
        directory("certifications", ["now"], .moment)
    }

    @Test func communityCompiles() {
        directory(
            "reviews",
            ["status == 'PUBLISHED' or author == me or staff", "signed_in and not (me in target.owners)", "author == me or staff"])
        directory("reviews", ["count(votes where is_like)", "count(votes where not is_like)"], .int) { $0.isComputed = true }
        directory("votes", ["signed_in and review.author != me", "user == me and review.author != me", "user == me"])
        directory("reports", ["reporter == me or staff", "status == 'OPEN'"])
        directory("verifications", ["requested_by == me or staff", "me in target.owners", "status == 'PENDING'"])
        directory("verifications", ["input.notes"], .text) { $0.input = ["notes": .text] }
        directory("verifications", ["new.target"], .union(["salons", "artists"])) { $0.hasNew = true }
        directory("salons", ["new.status"], .text) { ($0.hasNew, $0.event) = (true, "verifications") }
        directory("verifications", ["new.requested_by"], .reference(to: "users")) { $0.hasNew = true }
    }

    @Test func blogCompiles() {
        directory(
            "posts",
            [
                "status == 'published' and visibility == 'public'",
                "status == 'published' and visibility != 'private' or own_post or staff",
                "writer and exists(all.authors where user == me)", "own_post or staff",
            ])
        directory("posts", ["category.slug == $", "$ in tags.slug", "author.user.username == $", "series.slug == $"]) {
            $0.hasFilterValue = true
        }
        directory("posts", ["ceil(words(content) / 200)", "count(comments where status == 'approved')"], .int) { $0.isComputed = true }
        directory("posts", ["first(all.authors where user == me)"], .reference(to: "authors"))
        directory("posts", ["publish_at", "now", "null", "input.publish_at"], .moment) { $0.input = ["publish_at": .moment] }
        directory("posts", ["input.publish_at > now"]) { $0.input = ["publish_at": .moment] }
        directory(nil, ["first(all.posts where slug == input.slug)"], .reference(to: "posts")) { $0.input = ["slug": .text] }
        directory("posts", ["id != given.id and overlap(tags, given.tags) > 0", "id != given.id and category == given.category"]) {
            $0.given = "posts"
        }
        directory("posts", ["overlap(tags, given.tags)"], .int) { $0.given = "posts" }
        directory("posts", ["day(published_at)"], .moment)
        directory(
            "comments",
            [
                "parent == null or parent.post == post", "status == 'approved' or user == me or staff",
                "signed_in and post.status == 'published'",
            ])
        directory("comments", ["request.ip"], .text)
        let period: [String: ValueType] = ["from": .moment, "to": .moment]
        directory(nil, ["input.from < input.to and input.to <= input.from + 366d"]) { $0.input = period }
        directory("users", ["created_at in input.from..input.to"]) { $0.input = period }
        directory("salons", ["city.name_fa"], .text)
        directory(
            nil,
            [
                "system.disk_used > 0.85", "queue.media.waiting > 1000", "queue.media.failed_1h > 10", "http.p95_5m > 2s",
                "http.error_rate_5m > 0.05",
            ]
        ) {
            $0.names = [
                "system.disk_used": .float, "queue.media.waiting": .int, "queue.media.failed_1h": .int, "http.p95_5m": .duration,
                "http.error_rate_5m": .float,
            ]
        }
        directory("verifications", ["code", "new.status", "alert.name", "alert.value", "app.site_url", "to.username"], .text) {
            $0.names = ["code": .text, "alert.name": .text, "alert.value": .text, "app.site_url": .text]
            ($0.hasNew, $0.isText, $0.to) = (true, true, "users")
        }
    }

    private func orders(_ collection: String?, _ sources: [String], _ type: ValueType? = nil, change: (inout Scope) -> Void = { _ in }) {
        var scope = Scope(collection: collection, macros: Examples.ordersRules)
        change(&scope)
        compile(Examples.orders, scope, sources, type)
    }

    @Test func ordersCompile() {
        orders(
            "users", ["this == me or root or exists(all.memberships where user == this and tenant == member.tenant)", "this == me or root"])
        orders(
            "tenants",
            [
                "exists(all.memberships where tenant == this and user == me) or root", "owner and this == member.tenant or root",
                "status == 'active'",
            ])
        orders(
            "memberships",
            [
                "insider", "admin and (role != 'owner' or owner)", "admin and (role != 'owner' or owner) or user == me",
                "count(all.memberships where role == 'owner') >= 1",
            ])
        orders("invitations", ["admin and role != 'owner'"])
        orders("memberships", ["new"], .reference(to: "tenants")) { ($0.hasNew, $0.event) = (true, "tenants") }
        orders("memberships", ["me"], .reference(to: "users"))
        orders(
            "orders",
            [
                "staff and status in ['pending', 'processing']", "count(items) >= 1", "status != 'cancelled'",
                "tenant.plan != 'free' or count(all.orders where created_at >= month(now)) <= 100",
                "shipping_address.city == billing_address.city",
            ])
        orders("orders", ["created_at >= $", "created_at < $", "customer_email == $"]) { $0.hasFilterValue = true }
        orders("orders", ["sum(items.total)", "round(subtotal * tax_rate, 2)", "subtotal + tax"], .decimal(scale: 2)) {
            $0.isComputed = true
        }
        orders("order_items", ["quantity * unit_price"], .decimal(scale: 2)) { $0.isComputed = true }
        orders("order_items", ["staff and order.status == 'pending'"])
        orders("orders", ["concat(notes, '\n', input.reason)"], .text) { $0.input = ["reason": .text] }
        orders("orders", ["count(items)"], .int)
        orders("orders", ["new.customer_email"], .text) { $0.hasNew = true }
        orders("orders", ["month(created_at)"], .moment)
        orders(
            "orders", ["number", "upper(status)", "tenant.name", "date(created_at)", "money(subtotal, currency)", "time(created_at)"], .text
        ) {
            $0.isText = true
        }
        orders("order_items", ["coalesce(sku, '-')", "concat(quantity)", "money(unit_price, order.currency)"], .text) { $0.isText = true }
        orders(nil, ["tenant.name", "token", "app.site_url", "link"], .text) {
            $0.names = ["token": .text, "app.site_url": .text, "link": .text]
            $0.isText = true
        }
    }

    private func tasks(_ collection: String?, _ sources: [String], _ type: ValueType? = nil, change: (inout Scope) -> Void = { _ in }) {
        var scope = Scope(collection: collection, macros: Examples.tasksRules)
        change(&scope)
        compile(Examples.tasks, scope, sources, type)
    }

    @Test func tasksCompile() {
        tasks("users", ["is_active", "this == me or admin", "last_login_at >= now - 1d"])
        tasks(
            "tasks",
            [
                "kind == 'note' or file != null", "mine or admin", "mine and status != 'processing'", "mine and kind == 'note'",
                "mine and created_at >= now - 7d", "mine and due_date < now and status not in ['completed', 'cancelled']",
                "summary_md != null", "signed_in",
            ])
        tasks("tasks", ["due_date <= $"]) { $0.hasFilterValue = true }
        tasks("tasks", ["new.kind == 'audio'", "new.kind == 'document'"]) { $0.hasNew = true }
        tasks("tasks", ["now", "null", "due_date - 24h"], .moment)
        tasks("tasks", ["out.language", "out.text"], .text) { $0.hasOut = true }
        tasks("tasks", ["out.duration"], .float) { $0.hasOut = true }
        tasks("tasks", ["out", "out.words"], .json) { $0.hasOut = true }
        tasks("tasks", ["file"], .reference(to: "media"))
        tasks("tasks", ["id", "title", "kind", "owner.id"], .text)
        tasks("jobs", ["name == 'transcribe'"])
    }

    @Test func jobsAnswersAreTyped() throws {
        let scope = Scope(collection: "tasks", hasOut: true)
        let out =
            #" {"a": [1, {"b": "}"}], "text" : "x\"\u00e9\ud83d\ude00", "n": 12, "f": 1.5e1, "no": null, "deep": {"d": {"p": "1.25"}}, "t": true} "#
        let environment = Environment(out: out)
        let cases: [(String, ValueType, Value)] = [
            ("out.text", .text, .text("x\"é😀")), ("out.n", .int, .int(12)), ("out.n", .float, .float(12)), ("out.f", .float, .float(15)),
            ("out.f", .int, .null), ("out.n", .text, .null), ("out.no", .text, .null), ("out.none.x", .text, .null),
            ("out.deep.d.p", .decimal(scale: 2), .decimal(Decimal(units: 125, scale: 2))),
            ("out.n", .decimal(scale: 1), .decimal(Decimal(units: 120, scale: 1))),
            ("out.t", .bool, .bool(true)), ("out.a", .json, .text(#"[1, {"b": "}"}]"#)), ("out.text.x", .text, .null),
            ("out.no", .json, .null),
        ]
        for (source, type, expected) in cases {
            let expression = try ExpressionCompiler(model: Examples.tasks).compile(source, in: scope, as: .value(type))
            #expect(try expression.evaluate(in: environment) == expected, "\(source)")
        }
        let test = try ExpressionCompiler(model: Examples.tasks).compile("out.n > 3 and out.text != 'y'", in: scope, as: .condition)
        #expect(try test.isTrue(in: environment))
        #expect(try !test.isTrue(in: Environment(out: "[")))
        #expect(try !test.isTrue(in: Environment()))
    }
}
