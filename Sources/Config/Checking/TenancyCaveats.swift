/// What tenants and programs are offered and nobody may use, and members of whom there may be two.
extension Caveats {
    static let tenancy: [@Sendable (WholeFile) -> [Fault]] = [members, presets, apiKeys]

    /// `member` is one row: which of several is not the file's to say.
    @Sendable private static func members(_ file: WholeFile) -> [Fault] {
        let configuration = file.configuration
        guard let tenancy = configuration.tenancy,
            let members = configuration.collections.first(where: { $0.name == tenancy.member.value }),
            let user = members.fields.first(where: { $0.type.value == .ref && $0.to.map(\.value) == ["users"] })
        else { return [] }
        // Within a tenant's collection keys hold for each tenant (11-precisions 16), with or without its name among them.
        let keys = members.unique.filter { $0.when == nil }.map(\.fields) + [members.key]
        let isUnique =
            user.unique
            || keys.contains { $0.contains { $0.value == user.name } && $0.allSatisfy { [user.name, "tenant"].contains($0.value) } }
        guard !isUnique else { return [] }
        return [
            Fault(
                "one user may be a member twice, and 'member' is only one of the two", at: user.at, length: user.name.unicodeScalars.count,
                suggestion: "add unique = true to '\(user.name)': it holds within each tenant", severity: .warning)
        ]
    }

    /// The rules of a preset are written like any other (11-precisions 39).
    @Sendable private static func presets(_ file: WholeFile) -> [Fault] {
        let configuration = file.configuration
        func isClosed(_ preset: String) -> Bool {
            configuration.collections.first { $0.name == preset }?.allow.create == nil
        }
        var found: [Fault] = []
        if configuration.tenancy?.invitations != nil, isClosed("invitations") {
            found += file.warning(
                "nobody may invite anybody: no rule says who", at: "tenancy.invitations",
                next: "write [collections.invitations.allow] with 'create'")
        }
        if configuration.tenancy?.hooks != nil, isClosed("hooks") {
            found += file.warning(
                "nobody may keep an endpoint: no rule says who", at: "tenancy.hooks", next: "write [collections.hooks.allow] with 'create'")
        }
        return found
    }

    @Sendable private static func apiKeys(_ file: WholeFile) -> [Fault] {
        guard file.configuration.auth.apiKeysAllow == nil else { return [] }
        return file.warning(
            "nobody may make a key: no rule says who", at: "auth.api_keys", next: "write api_keys = { allow = \"me != null\" }")
    }
}
