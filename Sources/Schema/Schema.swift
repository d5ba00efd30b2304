package import Config
package import Expressions

/// The compiled description of a site's data: what `atlas.toml` says, resolved, typed and ready for use by any thread.
package final class Schema: Sendable {
    package let model: Model
    package let collections: [Collection]
    package let users: Collection
    package let media: Collection
    package let mediaKinds: [String: CompiledMediaKind]
    /// `auth.active_when` over a user.
    package let activeWhen: Expression?
    /// `auth.totp.require` over a user.
    package let demandsSecondFactor: Expression?
    /// Whether people sign in by passwords here.
    package let takesPasswords: Bool

    /// What follows from an event: `posts.created`.
    package let handlers: [String: [EventHandler]]
    /// By collection whose records webhooks are sent to: what they keep.
    package let endpoints: [String: WebhookReceivers]
    /// `[jobs]`, by name.
    package let jobs: [String: JobPlan]
    package let schedules: [Schedule]
    /// Nil: the site has no tenants.
    package let tenancy: Tenancy?
    package let audit: AuditPolicy
    /// Who may make API keys; nil: nobody.
    package let apiKeys: Rule?

    /// What `GET /search` looks through, in the order of the file.
    package let searched: [Collection]
    /// Nil: nobody is told of anything as it happens.
    package let realtime: Realtime?
    package let views: [View]
    /// Who enters the backoffice; nil: nobody.
    package let backoffice: Rule?

    package let notices: Notices

    package let lastConditionNumber: Int

    private let numbers: [String: Int]

    package init(
        model: Model, collections: [Collection], users: Collection, media: Collection, mediaKinds: [String: CompiledMediaKind],
        activeWhen: Expression?, demandsSecondFactor: Expression? = nil, takesPasswords: Bool = true,
        handlers: [String: [EventHandler]] = [:],
        endpoints: [String: WebhookReceivers] = [:],
        jobs: [String: JobPlan] = [:], schedules: [Schedule] = [],
        tenancy: Tenancy? = nil, audit: AuditPolicy = AuditPolicy(), apiKeys: Rule? = nil, searched: [Collection] = [],
        realtime: Realtime? = nil, views: [View] = [],
        backoffice: Rule? = nil,
        notices: Notices, lastConditionNumber: Int = 0
    ) {
        self.model = model
        self.collections = collections
        self.users = users
        self.media = media
        self.mediaKinds = mediaKinds
        self.activeWhen = activeWhen
        self.demandsSecondFactor = demandsSecondFactor
        self.takesPasswords = takesPasswords
        self.handlers = handlers
        self.endpoints = endpoints
        self.jobs = jobs
        self.schedules = schedules
        self.tenancy = tenancy
        self.audit = audit
        self.apiKeys = apiKeys
        self.searched = searched
        self.realtime = realtime
        self.views = views
        self.backoffice = backoffice
        self.notices = notices
        self.lastConditionNumber = lastConditionNumber
        self.numbers = Dictionary(uniqueKeysWithValues: collections.map { ($0.name, $0.number) })
    }

    package func collection(_ name: String) -> Collection? { numbers[name].map { collections[$0] } }
}

/// `[audit]`
package struct AuditPolicy: Sendable {
    /// Who may read entries; nil: nobody.
    package var allow: Rule?
    /// Milliseconds for which they are kept.
    package var keep: Int64 = 31_536_000_000

    package init() {}
}

package struct CompiledMediaKind: Sendable {
    package var declaration: MediaKind
    /// Who may upload it by itself; nil: nobody.
    package var allow: Rule?

    /// Only for who may read it, or a record that holds it.
    package var isPrivate: Bool { declaration.visibility == .private }

    package init(declaration: MediaKind, allow: Rule?) {
        self.declaration = declaration
        self.allow = allow
    }
}
