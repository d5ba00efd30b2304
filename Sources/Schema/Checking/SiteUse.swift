internal import Config

/// What collections and the other sections of a file ask of each other.
extension SchemaCompiler {
    /// The jobs and documents that actions start.
    mutating func checkReferencesToWork() {
        for declaration in declarations {
            for action in declaration.actions {
                if let job = action.job, !configuration.jobs.contains(where: { $0.name == job.value }) {
                    unknown("job", job, among: configuration.jobs.map(\.name))
                }
                if let document = action.document, !configuration.documents.contains(where: { $0.name == document.value }) {
                    unknown("document", document, among: configuration.documents.map(\.name))
                }
            }
        }
    }

    /// Views begin with no segment that Atlas itself uses.
    mutating func checkViewPaths() {
        for view in configuration.views {
            guard let first = view.path.value.split(separator: "/").first, Self.takenSegments.contains(String(first)) else { continue }
            report("'/\(first)' belongs to Atlas itself", view.path, suggestion: "set another path = \"…\"")
        }
    }
}
