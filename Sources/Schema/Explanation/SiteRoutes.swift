package import Config
package import Expressions

/// A path of the API and who may do what there: what the file says, in the words of the file.
package struct ExplainedRoute: Sendable {
    package struct Method: Sendable {
        /// `GET`
        package var name: String
        /// The rules that admit; of an edge's `PUT` the one for a new record, then the one for a record that is there.
        package var rules: [Rule]
        /// What is printed for them.
        package var admits: String
        /// Whether something else than a rule admits: anybody, or whoever holds a token.
        package var isOpen = false

        /// Whether it may admit somebody who has not signed in.
        package var isPublic: Bool { isOpen || rules.contains { !$0.isNeverForAnonymous } }
    }

    /// Segments below `/api/v1`; placeholders in braces.
    package var segments: [String]
    package var methods: [Method]
    /// `children`, `tree`, `view`, `202`, `input: reason`.
    package var note: String?

    package var path: String { "/" + segments.joined(separator: "/") }

    /// `GET: true; PATCH DELETE: admin [tree]`
    package var summary: String {
        var groups: [(rule: String, methods: [String])] = []
        for method in methods {
            if let index = groups.firstIndex(where: { $0.rule == method.admits }) {
                groups[index].methods.append(method.name)
            } else {
                groups.append((method.admits, [method.name]))
            }
        }
        // The list of a tree can be had as one.
        let parts = groups.map { group in
            let mark = note == "tree" && group.methods.contains("GET") ? " [tree]" : ""
            return "\(group.methods.joined(separator: " ")): \(group.rule)\(mark)"
        }
        return parts.joined(separator: "; ") + (note == nil || note == "tree" ? "" : " [\(note ?? "")]")
    }
}

/// The routes that a file yields, beside those that every site has.
package enum SiteRoutes {
    /// In the order of the file: collections that it names, then views and exports.
    package static func all(_ schema: Schema, _ configuration: Configuration) -> [ExplainedRoute] {
        var routes: [ExplainedRoute] = []
        for declared in configuration.collections {
            guard let collection = schema.collection(declared.name) else { continue }
            routes += self.routes(of: collection, in: schema)
        }
        let macros = Dictionary(configuration.rules.map { ($0.name, $0.condition.value) }) { first, _ in first }
        /// Of an export; a rule that is not written refuses.
        func allowed(_ name: String, _ allow: Located<String>?) -> ExplainedRoute.Method {
            let source = allow?.value ?? "false"
            let scope = Scope(macros: macros)
            let rule = try? Rule(ExpressionCompiler(model: schema.model).compile(source, in: scope, as: .condition))
            return ExplainedRoute.Method(name: name, rules: rule.map { [$0] } ?? [], admits: source)
        }
        for view in configuration.views {
            let segments = view.path.value.split(separator: "/").map(String.init)
            let rule = schema.views.first { $0.name == view.name }?.allow
            let method = ExplainedRoute.Method(name: "GET", rules: rule.map { [$0] } ?? [], admits: view.allow?.value ?? "false")
            routes.append(ExplainedRoute(segments: segments, methods: [method], note: "view"))
        }
        for export in configuration.exports {
            routes.append(ExplainedRoute(segments: ["exports", export.name], methods: [allowed("POST", export.allow)], note: "202"))
        }
        return routes
    }

    /// Those of one collection. Without a schema its children are left out.
    package static func routes(of collection: Collection, in schema: Schema? = nil) -> [ExplainedRoute] {
        let behaviour = collection.behaviour
        let path = collection.path
        if collection.shape.isEdge { return edge(collection) }
        let key = collection.lookup.map { "{id|\($0.name)}" } ?? "{id}"
        let item = collection.shape.isSingle ? path : path + [key]
        var routes: [ExplainedRoute] = []
        func add(_ segments: [String], _ methods: [ExplainedRoute.Method?], _ note: String? = nil) {
            let present = methods.compactMap { $0 }
            if !present.isEmpty { routes.append(ExplainedRoute(segments: segments, methods: present, note: note)) }
        }
        if !collection.shape.isSingle {
            add(
                path, [method("GET", (behaviour.list ?? behaviour.read)?.rule), method("POST", behaviour.create)],
                collection.shape.tree == nil ? nil : "tree")
        }
        if collection.name == "redirects" { add(path + ["resolve"], [method("GET", "true")]) }
        if collection.name == "invitations" { add(path + ["accept"], [method("POST", "whoever has that verified e-mail and the token")]) }
        add(item, [method("GET", behaviour.read?.rule), method("PATCH", behaviour.update), method("DELETE", behaviour.delete)])
        if behaviour.deletesSoftly { add(item + ["restore"], [method("POST", behaviour.restore?.rule)]) }
        if behaviour.revisions != nil {
            add(item + ["revisions"], [method("GET", behaviour.update)])
            add(item + ["revisions", "{n}", "restore"], [method("POST", behaviour.update)])
        }
        routes += steps(collection, item: item)
        if collection.shape.position != nil { add(path + ["reorder"], [method("POST", behaviour.update)]) }
        for field in collection.fields where field.isToMany && !field.isPrivate && isWritten(field) && behaviour.update != nil {
            let rule = field.write ?? behaviour.update
            add(item + [field.name], [method("PUT", rule), method("POST", rule)])
            add(item + [field.name, "{member}"], [method("DELETE", rule)])
        }
        for child in collection.shape.children where child.isListed {
            guard let rows = schema?.collection(child.collection) else { continue }
            add(item + [child.name], [method("GET", (rows.behaviour.list ?? rows.behaviour.read)?.rule)], "children")
        }
        return routes
    }

    private static func edge(_ collection: Collection) -> [ExplainedRoute] {
        let behaviour = collection.behaviour
        var routes: [ExplainedRoute] = []
        if let list = method("GET", behaviour.read?.rule) { routes.append(ExplainedRoute(segments: collection.path, methods: [list])) }
        let item = collection.path + collection.shape.keyInURL.map { "{\(collection.fields[$0].name)}" }
        let rules = [behaviour.create.map { ("new", $0) }, behaviour.update.map { ("there", $0) }].compactMap { $0 }
        var put = method("PUT", rules.map { "\($0.0): \($0.1.expression.source)" }.joined(separator: "; "))
        (put.rules, put.isOpen) = (rules.map(\.1), false)
        let methods = [method("GET", behaviour.read?.rule), rules.isEmpty ? nil : put, method("DELETE", behaviour.delete)].compactMap { $0 }
        if !methods.isEmpty { routes.append(ExplainedRoute(segments: item, methods: methods)) }
        return routes + steps(collection, item: item)
    }

    /// Transitions, then actions.
    private static func steps(_ collection: Collection, item: [String]) -> [ExplainedRoute] {
        var routes: [ExplainedRoute] = []
        for transition in collection.behaviour.transitions {
            guard let method = method("POST", transition.allow) else { continue }
            routes.append(ExplainedRoute(segments: item + [transition.name], methods: [method], note: inputs(transition.input)))
        }
        for action in collection.behaviour.actions {
            guard let method = method("POST", action.allow) else { continue }
            let starts = action.work != nil
            routes.append(ExplainedRoute(segments: item + [action.name], methods: [method], note: starts ? "202" : inputs(action.input)))
        }
        return routes
    }

    private static func inputs(_ fields: [Field]) -> String? {
        fields.isEmpty ? nil : "input: " + fields.map(\.name).joined(separator: ", ")
    }

    /// Whether a client ever writes it.
    private static func isWritten(_ field: Field) -> Bool {
        switch field.source {
        case .client, .clientOnce: true
        case .stamp: field.write != nil
        case .server: false
        }
    }

    private static func method(_ name: String, _ rule: Rule?) -> ExplainedRoute.Method? {
        rule.map { ExplainedRoute.Method(name: name, rules: [$0], admits: $0.expression.source) }
    }

    private static func method(_ name: String, _ admits: String) -> ExplainedRoute.Method {
        ExplainedRoute.Method(name: name, rules: [], admits: admits, isOpen: true)
    }
}
