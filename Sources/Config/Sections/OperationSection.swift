/// `[backoffice]`, `[audit]`, `[backup]`, `[metrics]`, `[alerts]`
extension Language {
    static let backoffice = Section<BackofficeSettings>(keys: [
        Key("allow", .expression, \.allow, "who enters; without it nobody"),
        Key("methods", .list(.choice()), \.methods, initial: "[]", "how they sign in; empty: as everybody"),
        Key("host", .hostName, \.host, "a host of its own; `/backoffice` on every host unless said"),
        Key("networks", .list(.network), \.networks, initial: "[]", "where from; empty: anywhere"),
        Key("locales", .list(.locale), \.locales, initial: "[]", "languages of its pages; empty: `app.locale`"),
    ])

    static let audit = Section<AuditSettings>(keys: [
        Key("keep", .duration(), \.keep, initial: "\"1y\"", "how long entries stay"),
        Key("allow", .expression, \.allow, "who may read them; without it nobody"),
    ])

    static let backup = Section<BackupSettings>(keys: [
        Key("at", timeOfDay, \.at, "every day at this time of `app.timezone`, such as `\"03:00\"`"),
        Key("every", .duration(atLeast: 60_000), \.every, "that often, such as `\"6h\"`, counted from `at`"),
        Key("keep", keep, \.keep, "how many stay"),
        Key("to", .list(destination), \.to, "directories, or `s3:bucket/prefix` in the store of `[storage]`"),
        Key("encrypt", .secret, \.key, "what copies are encrypted with"),
    ]) { _, table, reading in
        guard let timing = table["at"] ?? table["every"], table["to"]?.node.array?.isEmpty ?? true else { return }
        reading.report("a backup goes somewhere", key: timing, suggestion: "write to = [\"/var/backups/site\"]")
    }

    static let keep = Section<BackupSettings.Keep>(keys: [
        Key("hourly", .integer(0...10_000), \.hourly, initial: "0", "of the last hours"),
        Key("daily", .integer(0...10_000), \.daily, initial: "7", "of the last days"),
        Key("weekly", .integer(0...10_000), \.weekly, initial: "0", "of the last weeks"),
        Key("monthly", .integer(0...10_000), \.monthly, initial: "0", "of the last months"),
    ]) { keep, table, reading in
        guard keep.hourly + keep.daily + keep.weekly + keep.monthly == 0, let member = table.members.first else { return }
        reading.report("no backup would stay", key: member, suggestion: "keep at least one")
    }

    private static let timeOfDay = Form<Int?>.setting(
        "time of day", example: "\"03:00\"", pattern: "([01][0-9]|2[0-3]):[0-5][0-9]"
    ) { text in
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy(Ascii.isDigit) }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), hour < 24, minute < 60
        else {
            return .failure(Problem(message: "it is no time of day such as 03:00"))
        }
        return .success(hour * 60 + minute)
    }

    private static let destination = Form<BackupSettings.Destination>(
        shape: .text("directory or bucket", example: "\"/var/backups/site\"")
    ) { node, reading in
        guard let text = Form<String>.path.read(node, reading) else { return nil }
        guard text.hasPrefix("s3:") else { return .directory(reading.absolute(text, in: node.at.file)) }
        let parts = text.dropFirst(3).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let bucket = parts.first.map(String.init) ?? ""
        let isBucket =
            (3...63).contains(bucket.utf8.count)
            && bucket.utf8.allSatisfy { Ascii.isLower($0) || Ascii.isDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
        guard isBucket else {
            reading.report("'\(bucket)' is no name of a bucket", node, suggestion: "write \"s3:bucket\" or \"s3:bucket/prefix\"")
            return nil
        }
        return .bucket(bucket, prefix: parts.count == 2 ? String(parts[1]) : "")
    }

    static let metrics = Section<MetricsSettings>(keys: [
        Key(
            "networks", .list(.network), \.networks, initial: "[\"127.0.0.0/8\", \"::1/128\"]", "from where `/metrics` may be read"),
        Key("figures", figures, \.figures, "the site's own, as `atlas_<name>`"),
    ])

    /// `to` is the language's; every other key is an alert.
    static let alerts = Form<AlertSettings>(
        shape: .open(alertSettings.keys.map(\.description), "alert", alert.shape)
    ) { node, reading in
        guard var table = node.table else {
            reading.report("a table is expected here, not \(node.kind)", node, suggestion: "each of its keys is an alert")
            return nil
        }
        var settings = AlertSettings()
        var rest = node
        var known = TOMLTable()
        known.members = table.members.filter { $0.name == "to" }
        table.members.removeAll { $0.name == "to" }
        rest.value = .table(table)
        alertSettings.read(known, at: node, into: &settings, reading)
        settings.own = ownAlerts.read(rest, reading) ?? []
        return settings
    }

    private static let alertSettings = Section<AlertSettings>(keys: [
        Key("to", .oneOrList(.notice), \.to, initial: "[]", "notifications that tell of the default alerts, which exist where this is set")
    ])

    private static let ownAlerts = Form<[AlertDeclaration]>.byName("alert", shape: alert.shape) { member, reading in
        Form.table(alert) { _ in AlertDeclaration(name: member.name, at: member.at) }.read(member.node, reading)
    }

    static let alert = Section<AlertDeclaration>(keys: [
        Key("when", .expression, \.when, isRequired: true, "a condition over `system`, `http` and `queue.<name>`"),
        Key("for", .duration(atLeast: 0), \.for, initial: "\"0s\"", "how long it must hold"),
        Key("severity", .choice(), \.severity, initial: "\"warning\"", "how bad it is"),
    ])
}
