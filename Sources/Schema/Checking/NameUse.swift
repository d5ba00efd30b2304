internal import Config
internal import Expressions

/// What names may stand for.
extension SchemaCompiler {
    /// Whether what fields, paths and rules name is there, and free.
    mutating func checkNames() {
        var paths: [String: String] = [:]
        for declaration in declarations {
            for field in declaration.fields {
                for to in field.to where model.collections[to.value] == nil {
                    unknown("collection", to, among: declarations.map(\.name))
                    doubtful.insert(field.name)
                }
                for kind in field.kinds where !configuration.media.contains(where: { $0.name == kind.value }) {
                    unknown("kind of media", kind, among: configuration.media.map(\.name))
                }
                if [.media, .medias].contains(field.type.value), configuration.media.isEmpty {
                    faults.append(Fault("a media field needs a kind, and the file declares none ([media.<kind>])", at: field.at))
                }
            }
            let path = declaration.path?.value ?? declaration.name
            let at = declaration.path?.at ?? declaration.at
            if let other = paths.updateValue(declaration.name, forKey: path) {
                faults.append(Fault("the path '\(path)' is taken by '\(other)'", at: at, length: path.count))
            }
            let first = path.split(separator: "/").first.map(String.init) ?? path
            let isBuiltIn = declaration.name == BuiltIns.media
            if !isBuiltIn, Self.takenSegments.contains(first) {
                faults.append(
                    Fault("'/\(first)' belongs to Atlas itself", at: at, length: path.count, suggestion: "set another path = \"…\""))
            }
        }
        for rule in configuration.rules {
            for declaration in declarations where declaration.fields.contains(where: { $0.name == rule.name }) {
                faults.append(
                    Fault(
                        "the rule '\(rule.name)' is named like a field of '\(declaration.name)'", at: rule.condition.at,
                        suggestion: "give the rule another name"))
            }
        }
    }

    /// 11-precisions 66.
    static let takenSegments: Set<String> = [
        "auth", "me", "media", "search", "exports", "jobs", "events", "batch", "admin", "audit", "seo",
    ]
}
