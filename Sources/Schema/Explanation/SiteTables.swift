internal import Config
internal import Expressions

/// What an explanation tells of the site as a whole, before its collections.
extension SiteExplanation {
    package var siteTables: [ExplainedTable] {
        [
            publicSurface,
            ExplainedTable(
                "rules", columns: ["name", "stands for"], rows: configuration.rules.map { [$0.name, $0.condition.value] }),
            ExplainedTable(
                "signing in, and one's own account", columns: ["method", "path", "rule"],
                rows: signInRoutes.filter { !$0.isPublic }.map(\.row)),
            ExplainedTable(
                "schedules", columns: ["name", "cron", "effects"],
                rows: configuration.schedules.map { [$0.name, $0.cronText, $0.effects.map(\.text).joined(separator: "; ")] }),
            ExplainedTable("uploads", columns: ["kind", "who", "up to", "variants", "takes"], rows: configuration.media.map(upload)),
            ExplainedTable("views, exports and the like", columns: ["method", "path", "rule", "note"], rows: others),
        ].filter { !$0.rows.isEmpty }
    }

    private func upload(_ kind: MediaKind) -> [String] {
        let who = schema.mediaKinds[kind.name]?.allow?.expression.source ?? "nobody by itself"
        let most = kind.max >= 1_000_000 ? "\(kind.max / 1_000_000) MB" : "\(kind.max / 1_000) kB"
        return [kind.name, who, most, kind.visibility.rawValue, kind.accept.joined(separator: ", ")]
    }

    /// Routes that belong to no collection.
    private var others: [[String]] {
        let known = Set(schema.collections.map { $0.path.first ?? "" })
        var rows = routes.filter { $0.note == "view" || !known.contains($0.segments.first ?? "") }.flatMap { route in
            route.methods.map { [$0.name, route.path, $0.admits, route.note ?? ""] }
        }
        let searched = schema.searched.map(\.name)
        if !searched.isEmpty { rows.append(["GET", "/search", "that of each list", "over \(searched.joined(separator: ", "))"]) }
        if let allow = configuration.audit.allow { rows.append(["GET", "/audit", allow.value, "who changed what"]) }
        if let realtime = schema.realtime {
            let told = realtime.collections.map(\.name) + (realtime.tellsJobs ? ["jobs"] : [])
            rows.append(["GET", "/events", "that of each record", "what happens to \(told.joined(separator: ", ")), as it happens"])
            rows.append(["POST", "/events/ticket", "signed in", "for clients that can send no headers"])
        }
        rows.append(["POST", "/batch", "that of each operation", "up to 100 writes, all or none"])
        return rows
    }
}
