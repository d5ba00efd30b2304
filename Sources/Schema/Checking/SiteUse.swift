internal import Config

/// What collections and the other sections of a file ask of each other.
extension SchemaCompiler {
    /// The jobs and documents that actions start.
    mutating func checkReferencesToWork() {
        for declaration in declarations {
            for action in declaration.actions {
                if let name = action.job {
                    if let job = configuration.jobs.first(where: { $0.name == name.value }) {
                        checkWork("job", name, worksOn: job.record?.value, startedOn: declaration.name)
                    } else {
                        unknown("job", name, among: configuration.jobs.map(\.name))
                    }
                }
                if let name = action.document {
                    if let document = configuration.documents.first(where: { $0.name == name.value }) {
                        checkWork("document", name, worksOn: document.of.value, startedOn: declaration.name)
                    } else {
                        unknown("document", name, among: configuration.documents.map(\.name))
                    }
                }
            }
        }
    }

    private mutating func checkWork(_ what: String, _ name: Located<String>, worksOn wanted: String?, startedOn collection: String) {
        guard let wanted, wanted != collection else { return }
        faults.append(
            Fault(
                "the \(what) '\(name.value)' works on records of '\(wanted)', and this is an action of '\(collection)'", at: name.at,
                length: name.value.unicodeScalars.count))
    }

    /// What an action starts.
    func work(of action: ActionDeclaration) -> Work? {
        if let name = action.job {
            let job = configuration.jobs.first { $0.name == name.value }
            return configuration.work(.job, name.value, queue: job?.queue?.value ?? "default")
        }
        return action.document.map { configuration.work(.document, $0.value, queue: "documents") }
    }

    /// Views begin with no segment that Atlas itself uses.
    mutating func checkViewPaths() {
        for view in configuration.views {
            guard let first = view.path.value.split(separator: "/").first, Self.takenSegments.contains(String(first)) else { continue }
            report("'/\(first)' belongs to Atlas itself", view.path, suggestion: "set another path = \"…\"")
        }
    }
}
