internal import Records
internal import Schema

/// Where callers with API keys get to (04-api, Further): the records, but neither accounts nor operations.
extension APIContext {
    /// Whether a key reaches that route. One with scopes reaches what scopes speak of, and what is read under the same rules.
    func isInReach(_ template: String, of key: KeyUse) -> Bool {
        let segments = template.split(separator: "/")
        guard segments.count > 2, segments[0] == "api" else { return !template.hasPrefix("/backoffice") }
        if ["auth", "me", "admin"].contains(segments[2]) { return false }
        if let tenancy = records.schema.tenancy, template.hasPrefix(TenantKeyRoutes.path(tenancy.tenants)) { return false }
        // Of which tenant somebody becomes a member he decides himself.
        if template == InvitationRoutes.path { return false }
        // A key can be sent as a header wherever it may be kept.
        if template == EventRoutes.ticketPath { return false }
        if key.scopes == nil || segments.count == 3 && ["batch", "search", "events"].contains(segments[2]) { return true }
        let path = segments.dropFirst(2).map(String.init)
        return records.schema.collections.contains { path.starts(with: $0.path) }
            || records.schema.views.contains { path == $0.path }
    }
}
