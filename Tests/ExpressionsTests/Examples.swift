@testable import Expressions

/// Models of three sites of some size, written tersely: `title author:>users tags:*tags target:>salons|artists price:2 active:?`. A field
/// is a text unless said: `:#` int, `:~` float, `:2` decimal of that scale, `:?` bool, `:@` moment, `:d` date, `:{}` JSON.
enum Examples {
    static func model(_ collections: [(String, String)], timezone: String = "UTC", tenant: String? = nil, member: String? = nil) -> Model {
        var models = collections.map { name, fields in Blog.collection(name, softDelete: true, parsed(fields)) }
        for index in models.indices {
            for position in models[index].fields.indices {
                let field = models[index].fields[position]
                let path = field.name.split(separator: ".").map(String.init)
                if path.count > 1 { models[index].fields[position].storage = .member(column: path[0], path: Array(path.dropFirst())) }
                if case .union = field.type {
                    models[index].fields[position].storage = .pair(collection: field.name + "_kind", id: field.name)
                }
            }
            models[index].isTenant = models[index].field("tenant") != nil
        }
        for child in models {
            for field in child.fields {
                var targets: [String] = []
                switch field.type {
                case .reference(let target): targets = [target]
                case .union(let several): targets = several
                default: break
                }
                let name = child.name == "order_items" && field.name == "order" ? "items" : child.name
                for target in targets {
                    guard let index = models.firstIndex(where: { $0.name == target }) else { continue }
                    // A back-reference bears the name of the child; which of two fields it means, only `as` could say.
                    if models[index].children.contains(where: { $0.name == name }) {
                        models[index].children.removeAll { $0.name == name }
                    } else {
                        models[index].children.append(ChildModel(name: name, collection: child.name, field: field.name))
                    }
                }
            }
        }
        return Model(collections: models, timezone: timezone, tenant: tenant, member: member)
    }

    private static func parsed(_ fields: String) -> [(name: String, type: ValueType, allowed: [String]?)] {
        fields.split(separator: " ").map { field in
            let parts = field.split(separator: ":", maxSplits: 1).map(String.init)
            return (parts[0], type(parts.count > 1 ? parts[1] : ""), nil)
        }
    }

    private static func type(_ mark: String) -> ValueType {
        switch mark {
        case "": return .text
        case "#": return .int
        case "~": return .float
        case "?": return .bool
        case "@": return .moment
        case "d": return .date
        case "{}": return .json
        default: break
        }
        let rest = String(mark.dropFirst())
        if mark.hasPrefix("*") { return .list(.reference(to: rest)) }
        if mark.hasPrefix(">") {
            let targets = rest.split(separator: "|").map(String.init)
            return targets.count == 1 ? .reference(to: rest) : .union(targets)
        }
        return .decimal(scale: Int(mark) ?? 0)
    }

    /// A directory of salons and artists with a blog.
    static let directory: Model = {
        let listing =
            "summary phone instagram website city:>cities neighborhood:>neighborhoods avatar:>media cover:>media gallery:*media owners:*users"
            + " primary_owner:>users verification status rating_avg:~ review_count:# slug"
        return model(
            [
                ("users", "username role status city:>cities avatar:>media referral_code"),
                ("media", "kind filename size:# uploader:>users"),
                ("provinces", "name_fa slug"), ("cities", "province:>provinces name_fa slug landing:? location.lat:~ location.lon:~"),
                ("neighborhoods", "city:>cities slug"), ("services", "name_fa slug"), ("specialties", "name_fa slug"),
                ("salons", listing + " name price_tier:# women_only:? services:*services artists:*artists hours:{}"),
                ("artists", listing + " full_name specialties:*specialties"),
                ("certifications", "artist:>artists title is_verified:? verified_at:@ verified_by:>users expires_at:d"),
                ("reviews", "author:>users target:>salons|artists rating:# status likes:#"),
                ("votes", "user:>users review:>reviews is_like:?"), ("follows", "user:>users target:>salons|artists"),
                ("saves", "user:>users target:>salons|artists|posts"),
                ("reports", "reporter:>users target:>salons|artists|reviews|posts|comments status"),
                ("verifications", "requested_by:>users target:>salons|artists notes status reviewed_by:>users"),
                ("authors", "user:>users display_name"), ("categories", "slug parent:>categories"), ("tags", "slug"), ("series", "slug"),
                (
                    "posts",
                    "title slug content status visibility publish_at:@ published_at:@ is_hot:? author:>authors category:>categories"
                        + " series:>series tags:*tags views:# seo.title"
                ),
                ("comments", "post:>posts user:>users parent:>comments content status ip"),
            ], timezone: "Asia/Tehran")
    }()

    /// A back office for many companies.
    static let orders = model(
        [
            ("users", "name is_root:? phone email"), ("media", "kind uploader:>users"), ("tenants", "name slug plan status"),
            ("memberships", "tenant:>tenants user:>users role"), ("invitations", "tenant:>tenants email role token expires_at:@"),
            (
                "orders",
                "tenant:>tenants number status customer_name customer_email customer_phone currency tax_rate:4 subtotal:2 tax:2 total:2 notes"
                    + " metadata:{} created_by:>users attachments:*media invoice:>media shipped_at:@ shipping_address.city billing_address.city"
            ),
            ("order_items", "tenant:>tenants order:>orders sku name quantity:# unit_price:2 total:2"),
        ], tenant: "tenants", member: "memberships")

    /// Tasks that services outside work on.
    static let tasks = model([
        ("users", "username is_active:? is_superuser:? last_login_at:@ phone email"), ("media", "kind size:# uploader:>users"),
        ("jobs", "name queue status progress:# duration:~"),
        (
            "tasks",
            "title description kind file:>media due_date:@ owner:>users progress:# error language duration_s:~ transcript result:{}"
                + " summary_md:>media summary_pdf:>media completed_at:@ status"
        ),
    ])

    static let directoryRules = [
        "signed_in": "me != null", "admin": "me.role == 'ADMIN'", "staff": "me.role in ['ADMIN', 'MODERATOR']",
        "writer": "me.role in ['AUTHOR', 'MODERATOR', 'ADMIN']", "own_post": "author.user == me",
    ]
    static let ordersRules = [
        "signed_in": "me != null", "root": "me.is_root", "insider": "member != null",
        "staff": "member.role in ['owner', 'admin', 'member']", "admin": "member.role in ['owner', 'admin']",
        "owner": "member.role == 'owner'",
    ]
    static let tasksRules = ["signed_in": "me != null", "admin": "me.is_superuser", "mine": "owner == me"]
}
