import Config
import Testing

@testable import Schema

/// What is wrong with tenants, their members and what effects put into them is told at load, and once.
@Suite struct TenancyCheckTests {
    private static let site = """
        [tenancy]
        tenant = "firms"
        member = "members"
        [collections.firms.fields]
        name = "string"
        [collections.members]
        tenant = true
        [collections.members.allow]
        read = "member.role == 'owner' and tenant.name != 'x'"
        [collections.members.fields]
        user = { type = "ref", to = "users", required = true, unique = true }
        role = { type = "enum", values = ["owner", "staff"], default = "staff" }
        [collections.notes]
        tenant = true
        [collections.notes.allow]
        read = "member != null and tenant.name != 'x'"
        [collections.notes.fields]
        text = "string"
        [collections.leads.fields]
        text = "string"
        firm = { type = "ref", to = "firms" }

        """

    /// Every fault as `line:column message`, or none.
    private func faults(_ text: String) -> [Fault] {
        do throws(Faults) {
            _ = try SchemaCompiler.compile(ConfigurationLoader().survey(text: text))
            return []
        } catch {
            return error.all.filter { $0.severity == .error }
        }
    }

    @Test func `the site itself is sound`() {
        #expect(faults(Self.site).isEmpty, "\(faults(Self.site))")
    }

    /// An insertion into a tenant's collection from outside any tenant, and what it should say.
    @Test(
        arguments: [
            ("[[on]]\nevent = \"leads.created\"\ndo = [{ insert = \"notes\", set = { text = \"x\" } }]", "= new.firm"),
            ("[[on]]\nevent = \"firms.created\"\ndo = [{ insert = \"notes\", set = { text = \"x\" } }]", "= new\""),
            ("[[on]]\nevent = [\"users.created\", \"auth.login\"]\ndo = [{ insert = \"notes\", set = { text = \"x\" } }]", "= …"),
            ("[[on]]\nevent = \"auth.login\"\ndo = [{ insert = \"notes\", each = \"all.firms\", set = { text = \"x\" } }]", "= this\""),
            (
                "[schedules.n]\ncron = \"0 3 * * *\"\ndo = [{ insert = \"notes\", each = \"all.members\", set = { text = \"x\" } }]",
                "= this.tenant"
            ),
            ("[schedules.n]\ncron = \"0 3 * * *\"\ndo = [{ insert = \"notes\", set = { text = \"x\" } }]", "= …"),
        ]) func `what follows from outside of tenants says into which it puts a record`(effect: String, value: String) throws
    {
        let text = Self.site + effect
        let found = faults(text)
        #expect(found.count == 1, "\(found)")
        let fault = try #require(found.first)
        #expect(fault.message.hasPrefix("a record of 'notes' is in a tenant, and '"))
        #expect(fault.suggestion?.contains(value) == true, "\(fault)")
        let line = try #require(text.split(separator: "\n", omittingEmptySubsequences: false).dropFirst(fault.at.line - 1).first)
        #expect(line.dropFirst(fault.at.column - 1).hasPrefix("notes"), "\(fault)")
    }

    @Test(arguments: [
        "[[on]]\nevent = \"firms.created\"\ndo = [{ insert = \"notes\", set = { tenant = \"= new\", text = \"x\" } }]",
        "[[on]]\nevent = \"leads.created\"\ndo = [{ insert = \"notes\", set = { tenant = \"= tenant\", text = \"x\" } }]",
        "[[on]]\nevent = \"members.created\"\ndo = [{ insert = \"notes\", set = { text = \"x\" } }]",
        "[[on]]\nevent = \"notes.created\"\ndo = [{ insert = \"leads\", set = { text = \"x\" } }]",
        "[[on]]\nevent = \"auth.login\"\ndo = [{ insert = \"leads\", set = { text = \"x\" } }]",
        "[[on]]\nevent = \"media.created\"\nwhen = \"new.tenant != null\"\ndo = [{ insert = \"notes\", set = { text = \"x\" } }]",
    ]) func `one that says it, or arises in one, is sound`(effect: String) {
        #expect(faults(Self.site + effect).isEmpty, "\(faults(Self.site + effect))")
    }

    @Test func `the tenants are in no tenant`() {
        let found = faults(
            Self.site.replacing("[collections.firms.fields]", with: "[collections.firms]\ntenant = true\n[collections.firms.fields]"))
        #expect(found.map(\.message) == ["'firms' are the tenants themselves: a tenant is in none"], "\(found)")
        #expect(found.first?.at.line == 4 && found.first?.suggestion?.contains("take tenant = true away") == true)
    }

    /// Where two references are alike, none of them gets the name, and that is said.
    @Test(arguments: ["exists(leads)", "exists(all.firms where exists(this.leads)) and true", "count(this.leads where text == 'x') > 0"])
    func `a name that two references would have is none`(rule: String) {
        let text = Self.site.replacing("firm = {", with: "other = { type = \"ref\", to = \"firms\" }\nfirm = {")
        #expect(faults(text).isEmpty)
        let found = faults(text + "[collections.firms.allow]\nread = \"\(rule)\"")
        #expect(
            found.map(\.message) == [
                "'leads' refers to firms by 'other' and 'firm': say with as = \"…\" what its records are called by each"
            ])
        #expect(
            faults(
                text.replacing("\"firms\" }\nfirm", with: "\"firms\", as = \"x\" }\nfirm") + "[collections.firms.allow]\nread = \"\(rule)\""
            ).isEmpty)
    }

    /// What is in a tenant is called by its name from there, whatever else refers to tenants.
    @Test func `a second reference to the tenants takes nothing away`() throws {
        let text = Self.site
            .replacing("role = {", with: "former = { type = \"ref\", to = \"firms\" }\nrole = {")
            .replacing("firm = {", with: "other = { type = \"ref\", to = \"firms\", as = \"others\" }\nfirm = {")
        let schema = try SchemaCompiler.compile(
            try ConfigurationLoader().load(
                text: text + "[collections.firms.allow]\nread = \"exists(members where user == me) and exists(notes)\""))
        let children = schema.collection("firms")?.shape.children ?? []
        #expect(Set(children.map(\.name)) == ["members", "notes", "others", "leads", "media"])
        let members = try #require(schema.collection("members"))
        #expect(children.first { $0.name == "members" }?.field == members.shape.tenant)
    }

    @Test(
        arguments: [
            ("tenant.name != 'x'", "'tenant' has no meaning here", "write 'name'"),
            ("exists(notes)", "looks at the tenant's own fields and 'now' alone", "a field of 'firms'"),
            ("me != null", "'me' has no meaning", nil),
        ]) func `what is asked of a tenant is about itself`(condition: String, message: String, suggestion: String?) throws
    {
        let found = faults(Self.site.replacing("member = \"members\"", with: "member = \"members\"\nactive_when = \"\(condition)\""))
        #expect(found.count == 1 && found[0].message.contains(message) && found[0].at.line == 4, "\(found)")
        if let suggestion { #expect(found.first?.suggestion?.contains(suggestion) == true, "\(found)") }
    }

    /// An invitation has fields of its own, of which a member may have some by the same name.
    @Test func `what a member and an invitation both call something is the member's alone`() throws {
        let text = Self.site.replacing("member = \"members\"", with: "member = \"members\"\ninvitations = true")
            .replacing(
                "role = {",
                with: "status = { type = \"enum\", values = [\"here\", \"away\"], default = \"here\" }\nemail = \"email\"\nrole = {")
        let schema = try SchemaCompiler.compile(try ConfigurationLoader().load(text: text))
        let invitations = try #require(schema.tenancy?.invitations)
        #expect(invitations.offered.map { schema.collection("members")?.fields[$0.member].name } == ["role"])
    }

    /// One mistake in `[tenancy]`, and all that uses it besides.
    @Test(
        arguments: [
            ("tenant = \"firms\"", "tenant = \"firm\""), ("tenant = \"firms\"", "tenant = 1"),
            ("tenant = \"firms\"", "tennant = \"firms\""),
            ("tenant = \"firms\"\n", ""), ("member = \"members\"", "member = \"membrs\""), ("member = \"members\"", "membr = \"members\""),
            ("member = \"members\"\n", ""), ("member = \"members\"", "member = \"firms\""), ("member = \"members\"", "member = \"leads\""),
            ("member = \"members\"", "member = \"members\"\nresolve = [\"heder:X\"]"),
            ("member = \"members\"", "member = \"members\"\nresolve = []"),
            ("member = \"members\"", "member = \"members\"\nactive_when = \"nme != 'x'\""),
            ("member = \"members\"", "member = \"members\"\nactive_when = 1"),
            ("member = \"members\"", "member = \"members\"\nactiv_when = \"name != 'x'\""),
            ("member = \"members\"", "member = \"members\"\ninvitations = 1"),
            ("[collections.members]\ntenant = true\n", ""), ("[tenancy]", "[tenncy]"),
            ("user = { type = \"ref\", to = \"users\", required = true, unique = true }\n", ""),
        ]) func `one mistake in it is told once`(find: String, replace: String) throws
    {
        try #require(Self.site.contains(find))
        for preset in ["", "invitations = true\nhooks = true\n"] {
            let text = Self.site.replacing(find, with: replace).replacing(
                "[collections.firms.fields]", with: preset + "[collections.firms.fields]")
            let used =
                preset.isEmpty
                ? ""
                : "[collections.invitations.allow]\ncreate = \"member.role == 'owner' and email != 'x'\"\n[collections.hooks.allow]\nread = \"member != null and url != null\"\n"
            let found = faults(text + used)
            #expect(found.count == 1, "\(found.map { "\($0.at.line):\($0.at.column) \($0.message)" })")
        }
    }
}
