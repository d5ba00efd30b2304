import Harness
import JSON
import NIOHTTP1
import Testing

/// A blog whose posts are drafted, scheduled and published, with comments, and certificates that are verified.
enum BehaviourSite {
    static let file = """
        [rules]
        staff = "me.role == 'STAFF'"
        mine  = "author == me"

        [collections.users.allow]
        read   = "me != null"
        update = "this == me or staff"
        [collections.users.fields]
        name = "string"
        role = { type = "enum", values = ["USER", "STAFF"], default = "USER", write = "staff" }

        [collections.posts]
        path        = "blog/posts"
        lookup      = "slug"
        soft_delete = { set = { status = "archived" } }
        revisions   = { fields = ["title", "content", "change_note"], keep = 3 }
        [collections.posts.allow]
        read    = "status == 'published' or mine or staff"
        create  = "me != null"
        update  = "mine or staff"
        delete  = "mine or staff"
        restore = "staff"
        [collections.posts.fields]
        title        = { type = "string", required = true, max = 60 }
        slug         = { type = "slug", from = "title", unique = true }
        content      = "text"
        change_note  = { type = "string", read = "mine or staff" }
        secret       = { type = "string", read = "staff", write = "staff" }
        status       = { type = "state", values = ["draft", "scheduled", "published", "archived"] }
        publish_at   = "datetime"
        published_at = { type = "datetime", readonly = true }
        author       = { type = "ref", to = "users", required = true, stamp = "me" }
        [collections.posts.transitions]
        publish   = { from = ["draft", "scheduled"], to = "published", allow = "mine or staff", set = { published_at = "= now" } }
        unpublish = { from = ["published", "scheduled"], to = "draft", allow = "staff", set = { published_at = "= null", publish_at = "= null" } }
        go_live   = { from = "scheduled", to = "published", at = "publish_at", set = { published_at = "= publish_at" } }
        import    = { from = "draft", to = "published", by = "job" }
        never     = { from = "draft", to = "published", allow = "false" }
        [collections.posts.transitions.schedule]
        from   = "draft"
        to     = "scheduled"
        allow  = "mine or staff"
        input  = { publish_at = { type = "datetime", required = true } }
        checks = [{ rule = "input.publish_at > now", message = "choose a moment in the future" }]
        set    = { publish_at = "= input.publish_at" }

        [audit]
        allow = "staff"

        [collections.comments]
        soft_delete = true
        audit       = true
        [collections.comments.allow]
        read    = "true"
        create  = "me != null"
        delete  = "mine"
        restore = "mine"
        [collections.comments.fields]
        post   = { type = "ref", to = "posts", required = true, immutable = true, on_delete = "cascade" }
        body   = { type = "text", required = true }
        author = { type = "ref", to = "users", required = true, stamp = "me" }

        [collections.certifications.allow]
        read   = "true"
        create = "me != null"
        update = "not is_verified"
        [collections.certifications.fields]
        title       = { type = "string", required = true }
        issuer      = { type = "string", immutable = true }
        code        = { type = "string", stamp = "random(8)", unique = true, write = "staff" }
        is_verified = { type = "bool", default = false, readonly = true }
        paper       = { type = "media", kind = "paper", readonly = true }
        verified_at = { type = "datetime", readonly = true }
        verified_by = { type = "ref", to = "users", readonly = true }
        weight      = { type = "decimal", precision = 6, scale = 2 }
        labels      = { type = "flags", values = ["a", "b"] }
        [collections.certifications.actions.verify]
        allow = "staff"
        input = { is_verified = { type = "bool", required = true } }
        set   = { is_verified = "= input.is_verified", verified_at = "= now", verified_by = "= me" }
        [collections.certifications.actions.describe]
        allow  = "me != null"
        input  = { issuer = "string", weight = { type = "decimal", precision = 6, scale = 2 }, labels = { type = "flags", values = ["a", "b"] }, who = { type = "ref", to = "users" } }
        checks = [{ rule = "input.issuer != 'nobody'", message = "not by him", status = 409 }]
        set    = { issuer = "= input.issuer", weight = "= input.weight", labels = "= input.labels", verified_by = "= input.who" }
        [collections.certifications.actions.closed]
        [collections.certifications.actions.print]
        allow    = "staff"
        document = "certificate"
        [documents.certificate]
        of   = "certifications"
        into = "paper"
        file = "certificate.pdf"
        body = [{ title = "Certificate" }]
        [media.paper]
        accept = ["application/pdf"]
        """

    static func run(_ body: (OwnSite) async throws -> Void) async throws {
        try await OwnSite.run(file, users: ["staff": "STAFF", "sara": "USER", "omid": "USER"], body)
    }

    static func post(_ site: OwnSite, _ title: String, as name: String = "sara") async throws -> JSONValue {
        try await site.api.expect(
            .POST, "/blog/posts", as: site[name], body: ["title": .string(title), "content": "first"], status: 201
        ).data
    }
}
