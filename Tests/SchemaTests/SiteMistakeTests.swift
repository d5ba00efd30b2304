import Testing

@testable import Config
@testable import Schema

/// One edit of an example site's collections, as a tired hand makes it.
struct Slip: Sendable, CustomTestStringConvertible {
    /// The file that is edited, and the one that is checked.
    var file: String
    var find: String
    var replace: String
    /// Of the first error.
    var message: String
    /// Part of its suggestion.
    var suggestion: String?
    /// Lines between the edit and the place that is told.
    var offset = 0

    var site: String { file.hasPrefix("sevra") ? "sevra" : file }
    var testDescription: String { "\(file): \(message)" }

    init(_ file: String, _ find: String, _ replace: String, _ message: String, _ suggestion: String? = nil, offset: Int = 0) {
        self.file = file
        self.find = find
        self.replace = replace
        self.message = message
        self.suggestion = suggestion
        self.offset = offset
    }
}

/// What is wrong in the collections of a site is told where it was made, and nothing besides.
@Suite struct SiteMistakeTests {
    static let all: [Slip] = [
        // Files
        Slip(
            "orders", "visibility = \"private\"", "visibility = \"private\"\nvariants = { small = { size = 100 } }",
            "'upload' is private, and whoever knows the address of a variant may fetch it", "leave out visibility", offset: -2),
        // Names in rules
        Slip("writers", "read   = \"this == me or admin\"", "read   = \"this == me or admn\"", "'admn'", "'admin'"),
        Slip(
            "writers", "update  = \"mine and status != 'processing'\"", "update  = \"mine and sttus != 'processing'\"", "'sttus'",
            "'status'"),
        Slip("writers", "admin     = \"me.is_superuser\"", "admin     = \"me.is_superusr\"", "'is_superusr'", "'is_superuser'"),
        Slip("writers", "mine      = \"owner == me\"", "mine      = \"ownr == me\"", "'ownr'", "'owner'"),
        Slip("writers", "update  = \"mine and status != 'processing'\"", "update  = \"mine and status != 'processng'\"", "'processng'"),
        Slip(
            "sevra.directory", "read    = \"status == 'ACTIVE' or me in owners or staff\"",
            "read    = \"status == 'ACTIV' or me in owners or staff\"", "'ACTIV'"),
        Slip("sevra.directory", "create = \"me.role in ['SALON', 'ADMIN']\"", "create = \"me.role in ['SALOON', 'ADMIN']\"", "'SALOON'"),
        Slip(
            "sevra.community", "create  = \"signed_in and not (me in target.owners)\"",
            "create  = \"signed_in and not (me in target.owner)\"", "'owner'"),
        Slip(
            "sevra.community", "read    = \"status == 'PUBLISHED' or author == me or staff\"",
            "read    = \"status == 'PUBLISHED' or author = me or staff\"", "expected", nil),
        Slip(
            "sevra.blog", "restore = \"staff\"\n\n[collections.posts.filters]", "restore = \"staf\"\n\n[collections.posts.filters]",
            "'staf'", "'staff'"),
        Slip(
            "sevra.blog", "create  = \"writer and exists(all.authors where user == me)\"",
            "create  = \"writer and exists(all.author where user == me)\"", "'author'", "'authors'"),
        Slip(
            "sevra.blog", "create  = \"signed_in and post.status == 'published'\"", "create  = \"signed_in and post.stats == 'published'\"",
            "'stats'", "'status'"),
        Slip("orders", "create = \"staff and order.status == 'pending'\"", "create = \"staff and order.status == 'pendng'\"", "'pendng'"),
        Slip("orders", "read   = \"insider\"\nupdate", "read   = \"insidr\"\nupdate", "'insidr'", "'insider'"),
        Slip("orders", "staff     = \"member.role in", "staff     = \"member.rol in", "'rol'", "'role'"),
        Slip(
            "orders", "read   = \"exists(all.memberships where tenant == this and user == me) or root\"",
            "read   = \"exists(all.memberships where tenant == this and usr == me) or root\"", "'usr'", "'user'"),
        // Rules that are no conditions
        Slip("writers", "delete  = \"mine or admin\"", "delete  = \"mine or owner\"", "a reference is no condition", "owner != null"),
        Slip("writers", "create  = \"signed_in\"", "create  = \"title\"", "expected a condition"),
        Slip("writers", "restore = \"mine or admin\"", "restore = \"mine or progress > 'x'\"", "cannot be compared"),
        // Fields
        Slip(
            "writers", "owner        = { type = \"ref\", to = \"users\"", "owner        = { type = \"ref\", to = \"user\"",
            "there is no collection 'user'", "'users'"),
        Slip(
            "writers", "kind = [\"audio\", \"document\"] }", "kind = [\"audi\", \"document\"] }", "there is no kind of media 'audi'",
            "'audio'"),
        Slip("writers", "title        = { type = \"string\"", "title        = { type = \"strin\"", "'strin' is not one of", "'string'"),
        Slip("writers", "due_date     = \"datetime\"", "due_date     = \"datetme\"", "'datetme'", "'datetime'"),
        Slip("writers", "stamp = \"me\" }\nprogress", "stamp = \"my\" }\nprogress", "'my'", "'me'"),
        Slip("writers", "stamp = \"me\" }\nprogress", "stamp = \"now\" }\nprogress", "expected"),
        Slip(
            "writers", "read = \"mine or admin\" }\nlanguage", "read = \"mine or admin\", search = 2 }\nlanguage",
            "depends on the record, so it cannot be searched", "the caller alone"),
        Slip(
            "sevra.blog", "change_note   = { type = \"string\", read", "change_note   = { type = \"string\", filter = true, read",
            "it takes no 'filter'"),
        Slip(
            "sevra.blog", "\"views\", \"comment_count\"]", "\"views\", \"change_note\"]", "it takes no 'sort'", "let the caller alone",
            offset: 22),
        Slip(
            "sevra.blog", "reading_time  = { type = \"int\", compute = \"ceil(words(content) / 200)\" }",
            "reading_time  = { type = \"int\", compute = \"ceil(words(contents) / 200)\" }", "'contents'", "'content'"),
        Slip(
            "sevra.blog", "compute = \"count(comments where status == 'approved')\"",
            "compute = \"count(comment where status == 'approved')\"", "'comment'", "'comments'"),
        Slip("sevra.blog", "compute = \"ceil(words(content) / 200)\"", "compute = \"words(author.display_name)\"", "cannot read"),
        Slip(
            "sevra.blog", "slug          = { type = \"slug\", from = \"title\"", "slug          = { type = \"slug\", from = \"titel\"",
            "'titel'", "'title'"),
        Slip(
            "sevra.directory", "services    = { type = \"refs\", to = \"services\"", "services    = { type = \"refs\", to = \"service\"",
            "there is no collection 'service'", "'services'"),
        Slip(
            "sevra.directory", "status        = { type = \"enum\", values = [\"ACTIVE\", \"SUSPENDED\", \"DELETED\"], default = \"ACTIVE\"",
            "status        = { type = \"enum\", values = [\"ACTIVE\", \"SUSPENDED\", \"DELETED\"], default = \"ACTIV\"",
            "'ACTIV' is not among", "'ACTIVE'"),
        Slip(
            "sevra.directory", "compute = \"count(reviews where status == 'PUBLISHED')\"",
            "compute = \"cont(reviews where status == 'PUBLISHED')\"", "'cont'", "'count'"),
        Slip("orders", "compute = \"sum(items.total)\"", "compute = \"sum(item.total)\"", "'item'", "'items'"),
        Slip("orders", "compute = \"subtotal + tax\"", "compute = \"subtotal + tax + total\"", "computed from itself"),
        Slip("orders", "compute = \"quantity * unit_price\"", "compute = \"quantity * unit_prise\"", "'unit_prise'", "'unit_price'"),
        Slip("orders", "min = 1, max = 100000, required", "min = 100001, max = 100000, required", "'min' is above 'max'"),
        // Parts of a collection that name its fields
        Slip(
            "writers", "sort        = [\"due_date\", \"status\"]", "sort        = [\"due_dat\", \"status\"]", "there is no field 'due_dat'",
            "'due_date'"),
        Slip("writers", "due_before = \"due_date <= $\"", "due_before = \"due_dte <= $\"", "'due_dte'", "'due_date'"),
        Slip("writers", "label       = \"{title}\"", "label       = \"{titel}\"", "there is no field 'titel'", "'title'"),
        Slip("writers", "rule = \"kind == 'note' or file != null\"", "rule = \"kind == 'note' or fil != null\"", "'fil'", "'file'"),
        Slip(
            "sevra.blog", "revisions   = { fields = [\"title\", \"excerpt\"", "revisions   = { fields = [\"title\", \"exerpt\"",
            "there is no field 'exerpt'", "'excerpt'"),
        Slip(
            "sevra.blog", "expand      = [\"author\", \"category\", \"cover\", \"tags\"]",
            "expand      = [\"author\", \"catgory\", \"cover\", \"tags\"]", "'catgory'", "'category'"),
        Slip(
            "sevra.blog", "order       = \"-published_at\"\nsort", "order       = \"-publishd_at\"\nsort",
            "there is no field 'publishd_at'", "'publish"),
        Slip(
            "sevra.blog", "tree        = \"parent\"\nordered     = true\nsoft", "tree        = \"parnt\"\nordered     = true\nsoft",
            "there is no field 'parnt'", "'parent'"),
        Slip(
            "sevra.blog", "key    = [\"user\", \"target\", \"reaction\"]", "key    = [\"user\", \"target\", \"reactions\"]",
            "there is no field 'reactions'", "'reaction'"),
        Slip("sevra.blog", "lookup = \"location\"", "lookup = \"name\"", "a lookup must be a unique field"),
        Slip(
            "sevra.blog", "page        = \"/blog/post/{slug}\"", "page        = \"/blog/post/{title}\"", "not unique together",
            "unique = true"),
        Slip("sevra.blog", "page        = \"/blog/tag/{slug}\"", "page        = \"/blog/tag/{slg}\"", "'slg'", "'slug'"),
        Slip(
            "sevra.directory", "page    = \"/atlas/city/{province.slug}/{slug}\"", "page    = \"/atlas/city/{slug}\"", "not unique together"
        ),
        Slip(
            "sevra.directory", "unique = [[\"city\", \"slug\"]]", "unique = [[\"city\", \"slugs\"]]", "there is no field 'slugs'", "'slug'"),
        Slip("sevra.directory", "city             = \"city.slug == $\"", "city             = \"city.slg == $\"", "'slg'", "'slug'"),
        Slip(
            "sevra.directory", "sitemap     = { when = \"status == 'ACTIVE'\"", "sitemap     = { when = \"stats == 'ACTIVE'\"", "'stats'",
            "'status'"),
        Slip("sevra", "card        = [\"first_name\"", "card        = [\"frst_name\"", "there is no field 'frst_name'", "'first_name'"),
        Slip(
            "sevra.community", "when = \"status == 'PENDING'\" }]", "when = \"target.status == 'ACTIVE'\" }]", "an index cannot hold this"),
        Slip(
            "sevra.community", "soft_delete = { set = { status = \"REMOVED\" } }", "soft_delete = { set = { status = \"REMOVD\" } }",
            "does not fit the field 'status'"),
        Slip("orders", "nested      = [\"items\"] ", "nested      = [\"itms\"] ", "there is no back-reference 'itms'", "'items'"),
        Slip(
            "orders", "immutable = true, on_delete = \"cascade\", as = \"items\"", "immutable = true, as = \"items\"", "does not cascade",
            "on_delete", offset: -92),
        Slip("orders", "from  = \"created_at >= $\"", "from  = \"creatd_at >= $\"", "'creatd_at'", "'created_at'"),
        Slip(
            "sevra.blog", "limits      = { create = \"5/m per user\" }", "limits      = { create = \"5/min per user\" }",
            "'min' is no window", "s, m, h, d"),
        Slip(
            "sevra.blog", "limits      = { create = \"5/m per user\" }", "limits      = { creat = \"5/m per user\" }",
            "there is no operation 'creat'", "'create'"),
        Slip("sevra", "\"auth.otp\" = \"10/m per ip\"", "\"auth.opt\" = \"10/m per ip\"", "there is no route 'auth.opt'", "'auth.otp'"),
        Slip(
            "sevra", "\"auth.refresh\" = \"30/m per ip\"", "\"salons.creat\" = \"30/m per ip\"", "there is no operation 'salons.creat'",
            "'salons.create'"),
        // Transitions and actions
        Slip("writers", "begin  = { from = \"pending\"", "begin  = { from = \"pendig\"", "there is no state 'pendig'", "'pending'"),
        Slip(
            "writers", "finish = { from = [\"pending\", \"in_progress\"], to = \"completed\"",
            "finish = { from = [\"pending\", \"in_progress\"], to = \"complete\"", "there is no state 'complete'", "'completed'"),
        Slip(
            "writers", "set = { error = \"= null\", progress = 0 }", "set = { error = \"= null\", progres = 0 }",
            "there is no field 'progres'", "'progress'"),
        Slip(
            "writers", "set = { error = \"= null\", progress = 0 }", "set = { error = \"= null\", progress = \"none\" }",
            "does not fit the field 'progress'"),
        Slip("sevra.blog", "rule = \"input.publish_at > now\"", "rule = \"input.publishat > now\"", "'publishat'", "'publish_at'"),
        Slip(
            "sevra.blog", "go_live   = { from = \"scheduled\", to = \"published\", at = \"publish_at\"",
            "go_live   = { from = \"scheduled\", to = \"published\", at = \"title\"", "expected"),
        Slip("sevra.directory", "is_verified = \"= input.is_verified\"", "is_verified = \"= input.verified\"", "'verified'"),
        Slip("orders", "document = \"invoice\"", "document = \"invoce\"", "there is no document 'invoce'", "'invoice'"),
        Slip(
            "orders", "set   = { notes = \"= concat(notes, '\\n', input.reason)\" }",
            "set   = { notes = \"= concat(notes, input.reasn)\" }", "'reasn'", "'reason'"),
        // Paths
        Slip("sevra.blog", "path        = \"blog/tags\"", "path        = \"blog/categories\"", "is taken by 'categories'"),
        Slip(
            "sevra.blog", "path  = \"blog/posts/{slug}/same-category\"", "path  = \"blog/posts/{slug}/publish\"",
            "is taken by 'posts'"),
        Slip("sevra", "path  = \"dashboard\"", "path  = \"admin\"", "belongs to Atlas itself"),
        Slip("sevra.blog", "submit    = { from = \"draft\"", "comments  = { from = \"draft\"", "already"),
    ]

    @Test func `there are enough of them`() {
        #expect(Self.all.count >= 60)
        #expect(Set(Self.all.map(\.site)).count == 3)
    }

    @Test(arguments: all) func `a slip is told where it was made, and alone`(slip: Slip) throws {
        let text = try Example.text(slip.file)
        let range = try #require(text.firstRange(of: slip.find), "the example has changed: \(slip.find)")
        let line = text[..<range.lowerBound].count { $0 == "\n" } + 1 + slip.offset
        let faults = try Example.faults(of: slip.site) { $0 == slip.file ? text.replacingCharacters(in: range, with: slip.replace) : nil }
        let errors = faults.all.filter { $0.severity == .error }
        let first = try #require(errors.first, "nothing was found")
        #expect(first.message.contains(slip.message), "\(faults.rendered())")
        #expect(first.at.file.hasSuffix("/\(slip.file).toml"))
        #expect(first.at.line == line, "\(faults.rendered())")
        if let suggestion = slip.suggestion { #expect(first.suggestion?.contains(suggestion) == true, "\(faults.rendered())") }
        #expect(errors.count == 1, "\(faults.rendered())")
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

extension String {
    func replacingCharacters(in range: Range<String.Index>, with text: String) -> String {
        var result = self
        result.replaceSubrange(range, with: text)
        return result
    }
}
