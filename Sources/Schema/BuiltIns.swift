internal import Config

/// The collections that exist without being declared (11-precisions 28). A table of that name in the file adds to them.
enum BuiltIns {
    static let users = "users"
    static let media = "media"

    /// The declared collections, with the built-in ones in front, whose own fields come first.
    static func merged(_ configuration: Configuration) -> [CollectionDeclaration] {
        let declared = configuration.collections
        let builtIn = [userDeclaration, mediaDeclaration(configuration.tenancy != nil)] + presets(of: configuration)
        return builtIn.map { base in
            guard let own = declared.first(where: { $0.name == base.name }) else { return base }
            return merge(base, own)
        } + declared.filter { own in !builtIn.contains { $0.name == own.name } }
    }

    /// Where something has a page, pages can move (11-precisions 28).
    private static var redirects: CollectionDeclaration {
        var redirects = CollectionDeclaration(name: "redirects", at: nowhere)
        redirects.fields = [
            field("from", .string) {
                ($0.readonly, $0.required, $0.unique) = (false, true, true)
                $0.maximum = Located(Bound(2_000), at: nowhere)
            },
            field("to", .string) {
                ($0.readonly, $0.required) = (false, true)
                $0.maximum = Located(Bound(2_000), at: nowhere)
            },
            field("code", .int) {
                $0.readonly = false
                $0.default = Located(.int(301), at: nowhere)
                $0.minimum = Located(Bound(301), at: nowhere)
                $0.maximum = Located(Bound(308), at: nowhere)
            },
            field("auto", .bool) { $0.default = Located(.bool(false), at: nowhere) },
        ]
        return redirects
    }

    /// What `page` and `[tenancy]` add (11-precisions 28 and 39).
    private static func presets(of configuration: Configuration) -> [CollectionDeclaration] {
        var presets = configuration.collections.contains { $0.page != nil } ? [redirects] : []
        guard let tenancy = configuration.tenancy else { return presets }
        if tenancy.invitations != nil {
            var invitations = CollectionDeclaration(name: "invitations", at: nowhere)
            invitations.isTenant = true
            let members = configuration.collections.first { $0.name == tenancy.member.value }
            invitations.fields =
                [field("email", .email) { ($0.readonly, $0.required, $0.immutable, $0.unique) = (false, true, true, true) }]
                + (members?.fields ?? []).compactMap(offered) + [
                    // A digest: what the mail holds is kept nowhere.
                    field("token", .string) { $0.isPrivate = true },
                    field("inviter", .ref) {
                        $0.isPrivate = true
                        $0.to = [Located(users, at: nowhere)]
                        $0.onDelete = .cascade
                    },
                    field("expires_at", .datetime),
                    field("status", .enum) {
                        $0.values = ["PENDING", "ACCEPTED", "EXPIRED"].map { Located($0, at: nowhere) }
                        $0.default = Located(.string("PENDING"), at: nowhere)
                    },
                ]
            presets.append(invitations)
        }
        if let preset = tenancy.hooks {
            var hooks = CollectionDeclaration(name: "hooks", at: nowhere)
            hooks.isTenant = true
            let events = configuration.webhooks.flatMap { webhook in
                if case .each = webhook.receiver { webhook.events.map(\.value) } else { [String]() }
            }
            hooks.fields = [
                field("url", .url) { ($0.readonly, $0.required) = (false, true) },
                field("events", .flags) {
                    $0.readonly = false
                    $0.required = true
                    $0.values = events.map { Located($0, at: nowhere) }
                },
                field("secret", .token) { ($0.readonly, $0.revealsOnce, $0.isSealed) = (false, true, true) },
                field("active", .bool) {
                    $0.readonly = false
                    $0.default = Located(.bool(true), at: nowhere)
                },
            ]
            var most = CheckDeclaration(
                rule: Located("count(all.hooks) <= \(preset.maximum)", at: nowhere),
                message: "there are \(preset.maximum) endpoints already")
            (most.on, most.status) = ([.create], 409)
            hooks.checks = [most]
            presets.append(hooks)
        }
        return presets
    }

    /// A member's own field as an invitation offers it: what is derived or drawn is the member's alone, and so is what an invitation calls
    /// something of its own.
    private static func offered(_ field: FieldDeclaration) -> FieldDeclaration? {
        guard field.to.map(\.value) != [users], field.stamp == nil, field.compute == nil, !Invitations.own.contains(field.name) else {
            return nil
        }
        switch field.type.value {
        case .sequence, .token, .counter, .slug, .state: return nil
        default: break
        }
        var offered = field
        (offered.unique, offered.backReference) = (false, nil)
        return offered
    }

    private static func merge(_ base: CollectionDeclaration, _ own: CollectionDeclaration) -> CollectionDeclaration {
        var merged = own
        // A declared field of a built-in name is a fault that the compiler reports; it is kept twice until then.
        merged.fields = base.fields + own.fields
        merged.allow.read = own.allow.read ?? base.allow.read
        merged.allow.update = own.allow.update ?? base.allow.update
        merged.allow.delete = own.allow.delete ?? base.allow.delete
        merged.checks = base.checks + own.checks
        merged.isTenant = own.isTenant || base.isTenant
        if merged.order.isEmpty { merged.order = base.order }
        return merged
    }

    private static let nowhere = Location(file: "(built in)", line: 1, column: 1)

    private static var userDeclaration: CollectionDeclaration {
        var users = CollectionDeclaration(name: BuiltIns.users, at: nowhere)
        users.allow.read = Located("this == me", at: nowhere)
        users.allow.update = Located("this == me", at: nowhere)
        users.fields = [
            field("email", .email) { $0.unique = true },
            field("phone", .phone) { $0.unique = true },
            field("email_verified", .bool) { $0.default = Located(.bool(false), at: nowhere) },
            field("must_change_password", .bool) { $0.default = Located(.bool(false), at: nowhere) },
            field("last_login_at", .datetime),
        ]
        return users
    }

    /// A tenant's file is its uploader's for as long as he is one of its members.
    private static func mediaDeclaration(_ hasTenants: Bool) -> CollectionDeclaration {
        var media = CollectionDeclaration(name: BuiltIns.media, at: nowhere)
        let own = hasTenants ? "uploader == me and (this.tenant == null or member != null)" : "uploader == me"
        media.allow.read = Located(own, at: nowhere)
        media.allow.update = Located(own, at: nowhere)
        media.allow.delete = Located(own, at: nowhere)
        media.fields = [
            field("kind", .string),
            field("status", .enum) { $0.values = ["PENDING", "COMPLETED", "FAILED"].map { Located($0, at: nowhere) } },
            field("filename", .string),
            field("mime", .string),
            field("size", .int),
            field("width", .int),
            field("height", .int),
            field("alt", .string) { $0.readonly = false },
            field("title", .string) { $0.readonly = false },
            field("url", .string) { $0.maximum = Located(Bound(1000), at: nowhere) },
            field("variants", .text),
            field("thumbhash", .string),
            field("color", .string),
            field("error", .string) { $0.maximum = Located(Bound(1000), at: nowhere) },
            field("uploader", .ref) {
                $0.to = [Located(BuiltIns.users, at: nowhere)]
                $0.onDelete = .null
            },
            field("object", .string) { $0.isPrivate = true },
            field("sha256", .string) {
                $0.isPrivate = true
                $0.index = true
            },
        ]
        return media
    }

    /// A field that only the system writes, unless `adjust` says otherwise.
    private static func field(
        _ name: String, _ type: FieldDeclaration.Kind, adjust: (inout FieldDeclaration) -> Void = { _ in }
    ) -> FieldDeclaration {
        var field = FieldDeclaration(name: name, at: nowhere, type: Located(type, at: nowhere))
        field.readonly = true
        adjust(&field)
        return field
    }
}
