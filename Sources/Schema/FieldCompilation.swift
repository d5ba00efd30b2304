internal import Config
internal import Expressions

/// Fields: bounds, defaults, stamps, computed values and who may read and write them.
extension SchemaCompiler {
    mutating func fields(of declaration: CollectionDeclaration) -> [Field] {
        guard let shape = model.collections[declaration.name] else { return [] }
        var fields: [Field] = []
        for system in shape.fields.prefix(Row.System.count) {
            let kind: Field.Kind =
                switch system.index {
                case Row.System.id: .id
                case Row.System.version: .int
                default: .datetime
                }
            var field = Field(name: system.name, index: system.index, kind: kind, model: system)
            field.source = .server
            fields.append(field)
        }
        for (declared, model) in zip(declaration.fields, shape.fields.dropFirst(Row.System.count)) {
            fields.append(field(declared, model: model, in: declaration))
        }
        return fields
    }

    private mutating func field(_ declared: FieldDeclaration, model: FieldModel, in collection: CollectionDeclaration) -> Field {
        var field = Field(
            name: declared.name, index: model.index, kind: kind(of: declared), model: model, required: declared.required,
            isPrivate: declared.isPrivate)
        if collection.name == BuiltIns.media, declared.name == "variants" { field.kind = .json }
        field.minimum = declared.minimum?.value
        field.maximum = declared.maximum?.value ?? defaultMaximum(of: declared.type.value)
        field.onDelete =
            switch declared.onDelete {
            case .refuse: .refuse
            case .cascade: .cascade
            case .null: .null
            }
        field.isFilterable = declared.filter
        field.read = accessRule(declared.read, of: collection.name)
        field.write = rule(declared.write, of: collection.name)
        if let stamp = declared.stamp {
            field.stamp = expression(stamp, in: Scope(collection: collection.name, macros: macros), as: .value(model.type))
        }
        if let compute = declared.compute {
            let scope = Scope(collection: collection.name, hasCaller: false, macros: macros)
            field.compute = expression(compute, in: scope, as: .value(model.type))
        }
        field.source = source(of: declared)
        field.initial = initialValue(of: declared, model: model)
        if declared.type.value == .slug, let from = declared.from {
            if let source = self.model.collections[collection.name]?.field(from.value), source.type == .text {
                field.slugSources = [source.index]
            } else {
                unknown("text field", from, among: collection.fields.map(\.name))
            }
        }
        return field
    }

    private func kind(of declared: FieldDeclaration) -> Field.Kind {
        switch declared.type.value {
        case .string: .string
        case .text: .text
        case .int: .int
        case .float: .float
        case .bool: .bool
        case .date: .date
        case .datetime: .datetime
        case .duration: .duration
        case .email: .email
        case .url: .url
        case .slug: .slug
        case .enum: .enumeration
        case .state: .state
        case .ref: .reference(to: declared.to?.value ?? "")
        case .refs: .references(to: declared.to?.value ?? "")
        case .media: .media(kind: declared.kind?.value ?? configuration.media.first?.name ?? "")
        }
    }

    /// Lengths in Unicode scalars; a `text` is bounded by `server.max_body` alone.
    private func defaultMaximum(of kind: FieldDeclaration.Kind) -> Double? {
        switch kind {
        case .string, .slug: 255
        case .email: 254
        case .url: 2_000
        default: nil
        }
    }

    private func source(of declared: FieldDeclaration) -> Field.Source {
        if declared.readonly || declared.compute != nil || declared.type.value == .state || declared.isPrivate { return .server }
        if declared.stamp != nil { return .stamp }
        return declared.immutable ? .clientOnce : .client
    }

    private mutating func initialValue(of declared: FieldDeclaration, model: FieldModel) -> Value {
        if let literal = declared.default {
            guard let value = value(of: literal.value, for: model) else {
                faults.append(Fault("this default does not fit the field '\(declared.name)'", at: literal.at))
                return .null
            }
            return value
        }
        // A state begins at the first of its values (11-precisions 17).
        if declared.type.value == .state, let first = declared.values.first { return .text(first.value) }
        return declared.type.value == .refs ? .list([]) : .null
    }

    /// A literal of the file as a value of that field; nil when it does not fit.
    func value(of literal: Literal, for model: FieldModel) -> Value? {
        switch (literal, model.type) {
        case (.bool(let truth), .bool): .bool(truth)
        case (.int(let number), .int): .int(number)
        case (.int(let number), .float): .float(Double(number))
        case (.float(let number), .float): .float(number)
        case (.string(let text), .text): model.allowed.map { $0.contains(text) } ?? true ? .text(text) : nil
        case (.string(let text), .moment): Timestamp.parse(text).map { .moment($0) }
        case (.string(let text), .date): CalendarDate.parse(text).map { .date($0) }
        case (.string(let text), .duration): ISODuration.parse(text).map { .duration($0) }
        case (.list(let items), .list) where items.isEmpty: .list([])
        default: nil
        }
    }
}
