internal import Config

/// What stands below the URL of a record: no two things may have one name there (04-api, Further).
extension SchemaCompiler {
    mutating func checkSegments(of collection: Collection, _ declaration: CollectionDeclaration) {
        var taken: [String: String] = ["restore": "the restoring of deleted records", "revisions": "the list of revisions"]
        if collection.shape.position != nil { taken["reorder"] = "the reordering of records" }
        func take(_ name: String, _ what: String, at place: Location) {
            guard let other = taken.updateValue(what, forKey: name) else { return }
            faults.append(
                Fault(
                    "'\(name)' is \(what) and also \(other): both would stand at the same URL", at: place, length: name.count,
                    suggestion: "give one of them another name"))
        }
        for transition in declaration.transitions { take(transition.name, "a transition", at: transition.at) }
        for action in declaration.actions { take(action.name, "an action", at: action.at) }
        for field in collection.fields where field.isToMany && !field.isPrivate {
            guard let declared = declaration.fields.first(where: { $0.name == field.name }) else { continue }
            take(field.name, "a field of many members", at: declared.at)
        }
        for children in collection.shape.children where children.isListed {
            take(children.name, "the list of '\(children.collection)' that refer to it", at: declaration.at)
        }
    }
}
