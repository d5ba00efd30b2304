import ExampleFiles
import Testing

@testable import Config
@testable import Schema

/// What is wrong in the collections of a site is told where it was made, and nothing besides.
@Suite struct SiteMistakeTests {
    static let all: [Mistake] = [
        // Files
        Mistake(
            "orders", "visibility = \"private\"", "visibility = \"private\"\nvariants = { small = { size = 100 } }",
            "'upload' is private, and whoever knows the address of a variant may fetch it", "leave out visibility", offset: -2),
        // Names in rules
        Mistake("writers", "read   = \"this == me or admin\"", "read   = \"this == me or admn\"", "'admn'", "'admin'"),
        Mistake(
            "writers", "update  = \"mine and status != 'processing'\"", "update  = \"mine and sttus != 'processing'\"", "'sttus'",
            "'status'"),
        Mistake("writers", "admin     = \"me.is_superuser\"", "admin     = \"me.is_superusr\"", "'is_superusr'", "'is_superuser'"),
        Mistake("writers", "mine      = \"owner == me\"", "mine      = \"ownr == me\"", "'ownr'", "'owner'"),
        Mistake("writers", "update  = \"mine and status != 'processing'\"", "update  = \"mine and status != 'processng'\"", "'processng'"),
        Mistake(
            "sevra.directory", "read    = \"status == 'ACTIVE' or me in owners or staff\"",
            "read    = \"status == 'ACTIV' or me in owners or staff\"", "'ACTIV'"),
        Mistake("sevra.directory", "create = \"me.role in ['SALON', 'ADMIN']\"", "create = \"me.role in ['SALOON', 'ADMIN']\"", "'SALOON'"),
        Mistake(
            "sevra.community", "create  = \"signed_in and not (me in target.owners)\"",
            "create  = \"signed_in and not (me in target.owner)\"", "'owner'"),
        Mistake(
            "sevra.community", "read    = \"status == 'PUBLISHED' or author == me or staff\"",
            "read    = \"status == 'PUBLISHED' or author = me or staff\"", "expected", nil),
        Mistake(
            "sevra.blog", "restore = \"staff\"\n\n[collections.posts.filters]", "restore = \"staf\"\n\n[collections.posts.filters]",
            "'staf'", "'staff'"),
        Mistake(
            "sevra.blog", "create  = \"writer and exists(all.authors where user == me)\"",
            "create  = \"writer and exists(all.author where user == me)\"", "'author'", "'authors'"),
        Mistake(
            "sevra.blog", "create  = \"signed_in and post.status == 'published'\"", "create  = \"signed_in and post.stats == 'published'\"",
            "'stats'", "'status'"),
        Mistake(
            "orders", "create = \"staff and order.status == 'pending'\"", "create = \"staff and order.status == 'pendng'\"", "'pendng'"),
        Mistake("orders", "read   = \"insider\"\nupdate", "read   = \"insidr\"\nupdate", "'insidr'", "'insider'"),
        Mistake("orders", "staff     = \"member.role in", "staff     = \"member.rol in", "'rol'", "'role'"),
        Mistake(
            "orders", "read   = \"exists(all.memberships where tenant == this and user == me) or root\"",
            "read   = \"exists(all.memberships where tenant == this and usr == me) or root\"", "'usr'", "'user'"),
        // Rules that are no conditions
        Mistake("writers", "delete  = \"mine or admin\"", "delete  = \"mine or owner\"", "a reference is no condition", "owner != null"),
        Mistake("writers", "create  = \"signed_in\"", "create  = \"title\"", "expected a condition"),
        Mistake("writers", "restore = \"mine or admin\"", "restore = \"mine or progress > 'x'\"", "cannot be compared"),
        // Fields
        Mistake(
            "writers", "owner        = { type = \"ref\", to = \"users\"", "owner        = { type = \"ref\", to = \"user\"",
            "there is no collection 'user'", "'users'"),
        Mistake(
            "writers", "kind = [\"audio\", \"document\"] }", "kind = [\"audi\", \"document\"] }", "there is no kind of media 'audi'",
            "'audio'"),
        Mistake("writers", "title        = { type = \"string\"", "title        = { type = \"strin\"", "'strin' is not one of", "'string'"),
        Mistake("writers", "due_date     = \"datetime\"", "due_date     = \"datetme\"", "'datetme'", "'datetime'"),
        Mistake("writers", "stamp = \"me\" }\nprogress", "stamp = \"my\" }\nprogress", "'my'", "'me'"),
        Mistake("writers", "stamp = \"me\" }\nprogress", "stamp = \"now\" }\nprogress", "expected"),
        Mistake(
            "writers", "read = \"mine or admin\" }\nlanguage", "read = \"mine or admin\", search = 2 }\nlanguage",
            "depends on the record, so it cannot be searched", "the caller alone"),
        Mistake(
            "sevra.blog", "change_note   = { type = \"string\", read", "change_note   = { type = \"string\", filter = true, read",
            "it takes no 'filter'"),
        Mistake(
            "sevra.blog", "\"views\", \"comment_count\"]", "\"views\", \"change_note\"]", "it takes no 'sort'", "let the caller alone",
            offset: 22),
        Mistake(
            "sevra.blog", "reading_time  = { type = \"int\", compute = \"ceil(words(content) / 200)\" }",
            "reading_time  = { type = \"int\", compute = \"ceil(words(contents) / 200)\" }", "'contents'", "'content'"),
        Mistake(
            "sevra.blog", "compute = \"count(comments where status == 'approved')\"",
            "compute = \"count(comment where status == 'approved')\"", "'comment'", "'comments'"),
        Mistake("sevra.blog", "compute = \"ceil(words(content) / 200)\"", "compute = \"words(author.display_name)\"", "cannot read"),
        Mistake(
            "sevra.blog", "slug          = { type = \"slug\", from = \"title\"", "slug          = { type = \"slug\", from = \"titel\"",
            "'titel'", "'title'"),
        Mistake(
            "sevra.directory", "services    = { type = \"refs\", to = \"services\"", "services    = { type = \"refs\", to = \"service\"",
            "there is no collection 'service'", "'services'"),
        Mistake(
            "sevra.directory", "status        = { type = \"enum\", values = [\"ACTIVE\", \"SUSPENDED\", \"DELETED\"], default = \"ACTIVE\"",
            "status        = { type = \"enum\", values = [\"ACTIVE\", \"SUSPENDED\", \"DELETED\"], default = \"ACTIV\"",
            "'ACTIV' is not among", "'ACTIVE'"),
        Mistake(
            "sevra.directory", "compute = \"count(reviews where status == 'PUBLISHED')\"",
            "compute = \"cont(reviews where status == 'PUBLISHED')\"", "'cont'", "'count'"),
        Mistake("orders", "compute = \"sum(items.total)\"", "compute = \"sum(item.total)\"", "'item'", "'items'"),
        Mistake("orders", "compute = \"subtotal + tax\"", "compute = \"subtotal + tax + total\"", "computed from itself"),
        Mistake("orders", "compute = \"quantity * unit_price\"", "compute = \"quantity * unit_prise\"", "'unit_prise'", "'unit_price'"),
        Mistake("orders", "min = 1, max = 100000, required", "min = 100001, max = 100000, required", "'min' is above 'max'"),
        // Parts of a collection that name its fields
        Mistake(
            "writers", "sort        = [\"due_date\", \"status\"]", "sort        = [\"due_dat\", \"status\"]", "there is no field 'due_dat'",
            "'due_date'"),
        Mistake("writers", "due_before = \"due_date <= $\"", "due_before = \"due_dte <= $\"", "'due_dte'", "'due_date'"),
        Mistake("writers", "label       = \"{title}\"", "label       = \"{titel}\"", "there is no field 'titel'", "'title'"),
        Mistake("writers", "rule = \"kind == 'note' or file != null\"", "rule = \"kind == 'note' or fil != null\"", "'fil'", "'file'"),
        Mistake(
            "sevra.blog", "revisions   = { fields = [\"title\", \"excerpt\"", "revisions   = { fields = [\"title\", \"exerpt\"",
            "there is no field 'exerpt'", "'excerpt'"),
        Mistake(
            "sevra.blog", "expand      = [\"author\", \"category\", \"cover\", \"tags\"]",
            "expand      = [\"author\", \"catgory\", \"cover\", \"tags\"]", "'catgory'", "'category'"),
        Mistake(
            "sevra.blog", "order       = \"-published_at\"\nsort", "order       = \"-publishd_at\"\nsort",
            "there is no field 'publishd_at'", "'publish"),
        Mistake(
            "sevra.blog", "tree        = \"parent\"\nordered     = true\nsoft", "tree        = \"parnt\"\nordered     = true\nsoft",
            "there is no field 'parnt'", "'parent'"),
        Mistake(
            "sevra.blog", "key    = [\"user\", \"target\", \"reaction\"]", "key    = [\"user\", \"target\", \"reactions\"]",
            "there is no field 'reactions'", "'reaction'"),
        Mistake("sevra.blog", "lookup = \"location\"", "lookup = \"name\"", "a lookup must be a unique field"),
        Mistake(
            "sevra.blog", "page        = \"/blog/post/{slug}\"", "page        = \"/blog/post/{title}\"", "not unique together",
            "unique = true"),
        Mistake("sevra.blog", "page        = \"/blog/tag/{slug}\"", "page        = \"/blog/tag/{slg}\"", "'slg'", "'slug'"),
        Mistake(
            "sevra.directory", "page    = \"/atlas/city/{province.slug}/{slug}\"", "page    = \"/atlas/city/{slug}\"", "not unique together"
        ),
        Mistake(
            "sevra.directory", "unique = [[\"city\", \"slug\"]]", "unique = [[\"city\", \"slugs\"]]", "there is no field 'slugs'", "'slug'"),
        Mistake("sevra.directory", "city             = \"city.slug == $\"", "city             = \"city.slg == $\"", "'slg'", "'slug'"),
        Mistake(
            "sevra.directory", "sitemap     = { when = \"status == 'ACTIVE'\"", "sitemap     = { when = \"stats == 'ACTIVE'\"", "'stats'",
            "'status'"),
        Mistake("sevra", "card        = [\"first_name\"", "card        = [\"frst_name\"", "there is no field 'frst_name'", "'first_name'"),
        Mistake(
            "sevra.community", "when = \"status == 'PENDING'\" }]", "when = \"target.status == 'ACTIVE'\" }]", "an index cannot hold this"),
        Mistake(
            "sevra.community", "soft_delete = { set = { status = \"REMOVED\" } }", "soft_delete = { set = { status = \"REMOVD\" } }",
            "does not fit the field 'status'"),
        Mistake("orders", "nested      = [\"items\"] ", "nested      = [\"itms\"] ", "there is no back-reference 'itms'", "'items'"),
        Mistake(
            "orders", "immutable = true, on_delete = \"cascade\", as = \"items\"", "immutable = true, as = \"items\"", "does not cascade",
            "on_delete", offset: -92),
        Mistake("orders", "from  = \"created_at >= $\"", "from  = \"creatd_at >= $\"", "'creatd_at'", "'created_at'"),
        Mistake(
            "sevra.blog", "limits      = { create = \"5/m per user\" }", "limits      = { create = \"5/min per user\" }",
            "'min' is no window", "s, m, h, d"),
        Mistake(
            "sevra.blog", "limits      = { create = \"5/m per user\" }", "limits      = { creat = \"5/m per user\" }",
            "there is no operation 'creat'", "'create'"),
        Mistake("sevra", "\"auth.otp\" = \"10/m per ip\"", "\"auth.opt\" = \"10/m per ip\"", "there is no route 'auth.opt'", "'auth.otp'"),
        Mistake(
            "sevra", "\"auth.refresh\" = \"30/m per ip\"", "\"salons.creat\" = \"30/m per ip\"", "there is no operation 'salons.creat'",
            "'salons.create'"),
        // Tenants: one mistake, and a site full of what uses them
        Mistake("orders", "tenant      = \"tenants\"", "tenant      = \"tenant\"", "unknown collection 'tenant'", "'tenants'"),
        Mistake("orders", "tenant      = \"tenants\"", "tennant     = \"tenants\"", "unknown key 'tennant'", "'tenant'"),
        Mistake(
            "orders", "member      = \"memberships\"", "member      = \"membership\"", "unknown collection 'membership'", "'memberships'"),
        Mistake("orders", "member      = \"memberships\"", "member      = 1", "a collection is expected here"),
        Mistake("orders", "member      = \"memberships\"", "member      = \"users\"", "members belong to a tenant", "tenant = true"),
        Mistake("orders", "[tenancy]", "[tenncy]", "unknown key 'tenncy'", "'tenancy'"),
        Mistake("orders", "invitations = true", "invitatons  = true", "unknown key 'invitatons'", "'invitations'"),
        Mistake("orders", "hooks       = true", "hooks       = 20", "true, false or a table is expected here"),
        Mistake(
            "orders", "active_when = \"status == 'active'\"", "active_when = \"tenant.status == 'active'\"", "'tenant' has no meaning here",
            "write 'status'"),
        Mistake(
            "orders", "[collections.tenants]\n", "[collections.tenants]\ntenant = true\n", "'tenants' are the tenants themselves"),
        Mistake(
            "orders", "set = { tenant = \"= new\", user", "set = { user", "a record of 'memberships' is in a tenant", "tenant = \"= new\""),
        Mistake(
            "orders", "tenant      = \"tenants\"", "tenant      = \"orders\"", "'orders' are the tenants themselves", "take tenant = true",
            offset: 81),
        Mistake(
            "orders", "hooks       = true", "hooks       = false", "'hooks' keeps no endpoints", "hooks = true in [tenancy]", offset: 260),
        Mistake(
            "orders", "[collections.memberships]            # no `create`: one becomes a member by invitation\ntenant = true",
            "[collections.memberships]", "members belong to a tenant", "add tenant = true to [collections.memberships]", offset: -46),
        // Transitions and actions
        Mistake("writers", "begin  = { from = \"pending\"", "begin  = { from = \"pendig\"", "there is no state 'pendig'", "'pending'"),
        Mistake(
            "writers", "finish = { from = [\"pending\", \"in_progress\"], to = \"completed\"",
            "finish = { from = [\"pending\", \"in_progress\"], to = \"complete\"", "there is no state 'complete'", "'completed'"),
        Mistake(
            "writers", "set = { error = \"= null\", progress = 0 }", "set = { error = \"= null\", progres = 0 }",
            "there is no field 'progres'", "'progress'"),
        Mistake(
            "writers", "set = { error = \"= null\", progress = 0 }", "set = { error = \"= null\", progress = \"none\" }",
            "does not fit the field 'progress'"),
        Mistake("sevra.blog", "rule = \"input.publish_at > now\"", "rule = \"input.publishat > now\"", "'publishat'", "'publish_at'"),
        Mistake(
            "sevra.blog", "go_live   = { from = \"scheduled\", to = \"published\", at = \"publish_at\"",
            "go_live   = { from = \"scheduled\", to = \"published\", at = \"title\"", "expected"),
        Mistake("sevra.directory", "is_verified = \"= input.is_verified\"", "is_verified = \"= input.verified\"", "'verified'"),
        Mistake("orders", "document = \"invoice\"", "document = \"invoce\"", "there is no document 'invoce'", "'invoice'"),
        Mistake(
            "orders", "set   = { notes = \"= concat(notes, '\\n', input.reason)\" }",
            "set   = { notes = \"= concat(notes, input.reasn)\" }", "'reasn'", "'reason'"),
        // Paths
        Mistake("sevra.blog", "path        = \"blog/tags\"", "path        = \"blog/categories\"", "is taken by 'categories'"),
        Mistake(
            "sevra.blog", "path  = \"blog/posts/{slug}/same-category\"", "path  = \"blog/posts/{slug}/publish\"",
            "is taken by 'posts'"),
        Mistake("sevra", "path  = \"dashboard\"", "path  = \"admin\"", "belongs to Atlas itself"),
        // Messages without what they are for
        Mistake("sevra", "کد ورود سورا: {{ code }}", "کد ورود سورا: {{ app.name }}", "it has no {{ code }}", "where it is to stand"),
        Mistake("orders", "reset?token={{ token }}", "reset?token=token", "it has no {{ link }} or {{ token }}"),
        Mistake("orders", "verify?token={{ token }}", "verify", "it has no {{ link }} or {{ token }}"),
        Mistake("orders", "join?token={{ token }}", "join", "it has no {{ link }} or {{ token }}"),
        Mistake("sevra.blog", "submit    = { from = \"draft\"", "comments  = { from = \"draft\"", "already"),
        Mistake(
            "orders", "name   = { type = \"string\", required = true }\nslug",
            "api_keys = { type = \"refs\", to = \"users\" }\nname   = { type = \"string\", required = true }\nslug",
            "the keys of its members already"),
    ]

    @Test func `there are enough of them`() {
        #expect(Self.all.count >= 60)
        #expect(Set(Self.all.map(\.site)).count == 3)
    }

    @Test(arguments: all) func `a slip is told where it was made, and alone`(slip: Mistake) throws {
        try slip.check { text in try Example.faults(of: slip.site) { $0 == slip.file ? text : nil } }
    }

    @Test(arguments: ["sevra", "writers", "orders"]) func `the examples themselves are sound`(site: String) throws {
        let faults = try Example.faults(of: site) { _ in nil }
        #expect(faults.all.filter { $0.severity == .error }.isEmpty, "\(faults.rendered())")
    }

    @Test func `faults of form and of meaning come together, in the order of the file`() throws {
        let text = """
            [collections.posts.allow]
            read = "titel == 'x' and price > 3"
            update = "sttus == 'x'"
            [collections.posts.fields]
            title = "string"
            price = { type = "integer" }
            status = "string"
            slug = { type = "slug", from = "titel" }
            [collections.notes.fields]
            post = { type = "ref", to = "post" }
            """
        let loaded = ConfigurationLoader().survey(text: text)
        do {
            _ = try SchemaCompiler.compile(loaded)
            Issue.record("a faulty file was accepted")
        } catch {
            // The rule about the field of unknown type says nothing that could be relied on.
            #expect(error.all.map(\.at.line) == [3, 6, 8, 10], "\(error.rendered())")
        }
    }

    @Test func `a name that leads nowhere is told of once`() throws {
        let text = """
            [tenancy]
            tenant = "orgs"
            member = "membrs"
            [realtime]
            collections = ["notez"]
            [collections.notes.fields]
            text = "string"
            """
        let error = #expect(throws: Faults.self) { try SchemaCompiler.compile(ConfigurationLoader().survey(text: text)) }
        #expect(error?.all.map(\.at.line) == [2, 3, 5], "\(error?.rendered() ?? "")")
    }
}
