internal import Config
internal import Expressions

/// `[views]`
extension SchemaCompiler {
    mutating func views(of collections: [Collection]) -> [View] {
        var paths: [String: String] = [:]
        return configuration.views.compactMap { declared in
            let path = declared.path.value.split(separator: "/").map(String.init)
            let form = path.map { $0.hasPrefix("{") ? "{}" : $0 }.joined(separator: "/")
            if let other = paths.updateValue(declared.name, forKey: form) ?? Self.owner(of: form, among: collections) {
                faults.append(Fault("this path is taken by '\(other)'", at: declared.path.at, length: declared.path.value.count))
                return nil
            }
            return view(declared, path: path, among: collections)
        }
    }

    /// The collection that answers at this path already.
    private static func owner(of path: String, among collections: [Collection]) -> String? {
        for collection in collections {
            let base = collection.path.joined(separator: "/")
            let item = collection.shape.isSingle ? base : base + "/{}"
            let names =
                collection.behaviour.transitions.map(\.name) + collection.behaviour.actions.map(\.name)
                + collection.shape.children.filter(\.isListed).map(\.name) + collection.fields.filter(\.isToMany).map(\.name)
                + ["restore", "revisions"]
            if path == base || path == item || names.contains(where: { path == "\(item)/\($0)" }) { return collection.name }
        }
        return nil
    }

    private mutating func view(_ declared: ViewDeclaration, path: [String], among collections: [Collection]) -> View? {
        // A placeholder that `input` does not describe is text.
        let names = path.filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
        let placeholders = names.filter { name in !declared.input.contains { $0.name == name } }.map {
            FieldDeclaration(name: $0, at: declared.path.at, type: Located(.string, at: declared.path.at))
        }
        let input = parts(placeholders + declared.input)
        let types = Dictionary(input.map { ($0.name, $0.model.type) }) { first, _ in first }
        let scope = Scope(input: types, macros: macros)
        let allow = declared.allow.flatMap { expression($0, in: scope, as: .condition) }.map { Rule($0) }
        let checks = declared.checks.compactMap { check in
            expression(check.rule, in: scope, as: .condition).map { Check(rule: $0, message: check.message, status: check.status) }
        }
        let content: View.Content
        switch declared.content {
        case .figures(let figures):
            content = .figures(figures.compactMap { figure($0, input: types, among: collections) })
        case .rows(let rows):
            guard let compiled = self.rows(rows, input: types, among: collections) else { return nil }
            content = .rows(compiled)
        }
        return View(name: declared.name, path: path, allow: allow, input: input, checks: checks, content: content)
    }

    private mutating func rows(
        _ declared: ViewDeclaration.Rows, input: [String: ValueType], among collections: [Collection]
    ) -> View.Rows? {
        guard let collection = collections.first(where: { $0.name == declared.of.value }) else { return nil }
        let isOfTenant = collection.shape.tenant != nil
        var rows = View.Rows(collection: collection)
        if let source = declared.given {
            rows.given = expression(source, in: Scope(isOfTenant: isOfTenant, input: input, macros: macros), as: .anything)
            if let given = rows.given, given.type.collections.count != 1 {
                faults.append(
                    Fault("this leads to no record", at: source.at, length: source.value.count, suggestion: "first(all.posts where …)"))
                return nil
            }
        }
        let scope = Scope(
            collection: collection.name, given: rows.given?.type.collections.first, isOfTenant: isOfTenant, input: input, macros: macros)
        rows.condition = declared.where.flatMap { expression($0, in: scope, as: .condition) }.map { condition($0) }
        for part in declared.order {
            let descending = part.value.hasPrefix("-")
            var source = part
            if descending {
                source.value.removeFirst()
                source.at.column += 1
            }
            guard let value = expression(source, in: scope, as: .anything) else { continue }
            rows.order.append((condition(value), descending))
        }
        rows.limit = declared.limit
        rows.expanded = declared.expand.isEmpty ? nil : declared.expand.map(\.value)
        return rows
    }

    private mutating func figure(
        _ declared: FigureDeclaration, input: [String: ValueType], among collections: [Collection]
    ) -> Figure? {
        let steps = declared.of.value.split(separator: ".").map(String.init)
        guard let collection = collections.first(where: { $0.name == steps[0] }) else { return nil }
        let field = steps.count > 1 ? collection.field(steps[1]) : nil
        if steps.count > 1 {
            let isNumber =
                switch field?.model.type {
                case .int, .float, .decimal, .duration: true
                case .moment, .date: declared.aggregate == .min || declared.aggregate == .max
                default: false
                }
            guard isNumber, steps.count == 2, field?.isPrivate == false else {
                faults.append(
                    Fault("'\(declared.of.value)' is no number of a record", at: declared.of.at, length: declared.of.value.count))
                return nil
            }
        }
        let aggregate: Figure.Aggregate =
            switch declared.aggregate {
            case .count: .count
            case .sum: .sum
            case .avg: .avg
            case .min: .min
            case .max: .max
            }
        var figure = Figure(name: declared.name, collection: collection, aggregate: aggregate, field: field)
        let scope = Scope(
            collection: collection.name, isOfTenant: collection.shape.tenant != nil, input: input, macros: macros)
        figure.keys = declared.by.compactMap { expression($0, in: scope, as: .anything) }.map { condition($0) }
        figure.condition = declared.where.flatMap { expression($0, in: scope, as: .condition) }.map { condition($0) }
        if let key = figure.keys.first?.expression, let condition = figure.condition?.expression {
            figure.bounds = condition.bounds(ofMomentsIn: key)
        }
        figure.sortsByValue = declared.order?.subject == .value
        figure.descending = declared.order?.descending ?? false
        figure.limit = declared.limit
        figure.growth = declared.growth
        return figure
    }
}
