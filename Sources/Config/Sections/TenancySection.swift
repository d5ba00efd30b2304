import Text

/// `[tenancy]`
extension Language {
    static let tenancy = Form<TenancyDeclaration?>.optionalTable(tenancySection) { TenancyDeclaration(at: $0.at) }

    static let tenancySection = Section<TenancyDeclaration>(
        keys: [
            Key("tenant", .collection, \.tenant, isRequired: true, "the collection of tenants"),
            Key("member", .collection, \.member, isRequired: true, "the collection of their members; `member` is the caller's row"),
            Key(
                "resolve", .list(resolver).filled("no request would have a tenant", "write resolve = [\"header:X-Tenant\", \"only\"]"),
                \.resolve, initial: "[\"header:X-Tenant\", \"only\"]",
                "how a request names its tenant: `header:NAME`, `query:NAME`, `only` (the caller's single one)"),
            Key("active_when", .expression, \.activeWhen, "condition over the tenant; while it is false its members get 403"),
            Key("invitations", invitations, \.invitations, initial: "false", "the collection `invitations`"),
            Key("hooks", hooks, \.hooks, initial: "false", "the collection `hooks`: endpoints that tenants keep"),
        ]
    ) { tenancy, table, reading in
        guard let member = table["member"], tenancy.tenant.value == tenancy.member.value, !tenancy.tenant.value.isEmpty else { return }
        reading.report("tenants and members are two collections", member.node)
    }

    private static let resolver = Form<TenancyDeclaration.Resolver>.word(
        "resolver", example: "\"header:X-Tenant\"", pattern: "only|(header|query):.+"
    ) { text in
        if text == "only" { return .success(.only) }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        func isToken(_ name: String) -> Bool {
            !name.isEmpty && name.utf8.allSatisfy { Ascii.isLetter($0) || Ascii.isDigit($0) || "-_".utf8.contains($0) }
        }
        switch parts.first {
        case "header" where parts.count == 2 && isToken(parts[1]): return .success(.header(parts[1]))
        case "query" where parts.count == 2 && isToken(parts[1]): return .success(.query(parts[1]))
        default:
            let meant = NearestName.of(parts.first ?? "", among: ["header", "query", "only"])
            // Whoever has written the name has misspelt what stands before it, or put blanks between.
            let name = parts.dropFirst().joined(separator: ":").filter { $0 != " " }
            return .failure(
                Problem(
                    message: "'\(text)' says not where the tenant is named",
                    suggestion: meant.map { "did you mean '\($0)\($0 == "only" ? "" : ":\(isToken(name) ? name : "NAME")")'?" }
                        ?? "write \"header:NAME\", \"query:NAME\" or \"only\""))
        }
    }

    private static let invitations = Form<InvitationPreset?>.preset(invitationSection) { InvitationPreset() }

    static let invitationSection = Section<InvitationPreset>(keys: [
        Key("ttl", .duration(), \.ttl, initial: "\"7d\"", "life of an invitation"),
        Key("notify", .notice, \.notice, "the notification that sends it; `invitation` where there is one of that name"),
    ])

    private static let hooks = Form<HookPreset?>.preset(hookSection) { HookPreset() }

    static let hookSection = Section<HookPreset>(keys: [
        Key("max", .integer(1...10_000), \.maximum, initial: "20", "endpoints of one tenant")
    ])
}
