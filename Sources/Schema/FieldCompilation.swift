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
        let computation = computations[declaration.name] ?? ComputationDraft()
        for step in computation.steps where step.field < fields.count {
            fields[step.field].compute = step.recount
            if case .sum(let sum) = step.source { fields[step.field].initial = sum.ofNothing }
        }
        return fields + computation.sums
    }

    private mutating func field(_ declared: FieldDeclaration, model: FieldModel, in collection: CollectionDeclaration) -> Field {
        var field = Field(
            name: declared.name, index: model.index, kind: kind(of: declared), model: model, required: declared.required,
            isPrivate: declared.isPrivate)
        if collection.name == BuiltIns.media, declared.name == "variants" { field.kind = .json }
        describe(&field, declared)
        field.onDelete =
            switch declared.onDelete {
            case .refuse: .refuse
            case .cascade: .cascade
            case .null: .null
            }
        field.isFilterable = declared.filter
        field.search = declared.search?.value
        field.isAsync = declared.isAsync
        field.flush = declared.flush ?? field.flush
        field.tokenBytes = declared.bytes ?? field.tokenBytes
        field.revealsOnce = declared.revealsOnce
        field.isSealed = declared.isSealed
        if declared.type.value == .sequence { field.sequence = SequenceFormat(declared.format?.value ?? "{}") }
        field.read = accessRule(declared.read, of: collection.name)
        field.write = rule(declared.write, of: collection.name)
        if let search = declared.search { checkSearch(field, at: search.at) }
        if let stamp = declared.stamp, !doubtful.contains(declared.name) {
            field.stamp = expression(stamp, in: Scope(collection: collection.name, macros: macros), as: .value(model.type))
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

    /// A search would tell what the field hides, row by row (11-precisions 11 and 26).
    private mutating func checkSearch(_ field: Field, at place: Location) {
        if field.isPrivate {
            faults.append(Fault("'\(field.name)' is private: nobody may search it", at: place))
        } else if field.read?.conditions.isEmpty == false {
            faults.append(
                Fault(
                    "who may read '\(field.name)' depends on the record, so it cannot be searched", at: place,
                    suggestion: "let its read ask the caller alone, or leave out search"))
        }
    }

    /// What a value may be: bounds and parts.
    private mutating func describe(_ field: inout Field, _ declared: FieldDeclaration) {
        field.minimum = declared.minimum?.value.number
        field.maximum = declared.maximum?.value.number ?? defaultMaximum(of: declared.type.value)
        if case .decimal = field.kind {
            field.leastDecimal = decimal(declared.minimum)
            field.greatestDecimal = decimal(declared.maximum)
        }
        field.schemes = declared.schemes
        field.pattern = declared.pattern
        switch declared.schema.map(JSONSchemaFile.read) {
        case .success(let schema): field.jsonSchema = schema
        case .failure(let fault): faults.append(fault)
        case nil: break
        }
        if field.kind == .phone { field.region = Self.region(of: configuration.app.locale) }
        field.parts = parts(declared.fields + declared.with)
        if let of = declared.of {
            var item = FieldDeclaration(name: declared.name, at: declared.at, type: of)
            item.values = declared.values
            item.to = declared.to
            item.kinds = declared.kinds
            field.items = parts([item])
        }
    }

    /// `fa-IR` → `IR`
    private static func region(of locale: String) -> String? {
        locale.split(separator: "-").dropFirst().first { $0.utf8.count == 2 }.map { $0.uppercased() }
    }

    private mutating func decimal(_ bound: Located<Bound>?) -> Decimal? {
        guard let bound else { return nil }
        let decimal = Decimal(bound.value.text)
        if decimal == nil { faults.append(Fault("this is no decimal of at most 18 digits", at: bound.at)) }
        return decimal
    }

    /// Fields inside a value, or of the body of a transition, action or view.
    mutating func parts(_ declared: [FieldDeclaration]) -> [Field] {
        declared.enumerated().map { index, declared in
            for target in declared.to where model.collections[target.value] == nil {
                unknown("collection", target, among: declarations.map(\.name))
            }
            for kind in declared.kinds where !configuration.media.contains(where: { $0.name == kind.value }) {
                unknown("kind of media", kind, among: configuration.media.map(\.name))
            }
            let model = FieldModel(
                name: declared.name, index: index, type: valueType(of: declared), storage: .column(declared.name),
                allowed: declared.values.isEmpty ? nil : declared.values.map(\.value))
            var field = Field(name: declared.name, index: index, kind: kind(of: declared), model: model, required: declared.required)
            describe(&field, declared)
            field.initial = initialValue(of: declared, model: model)
            return field
        }
    }

    private func kind(of declared: FieldDeclaration) -> Field.Kind {
        switch declared.type.value {
        case .string: .string
        case .text: .text
        case .html: .html
        case .int: .int
        case .float: .float
        case .decimal: .decimal(precision: declared.precision?.value ?? 18, scale: declared.scale?.value ?? 0)
        case .bool: .bool
        case .date: .date
        case .datetime: .datetime
        case .duration: .duration
        case .email: .email
        case .phone: .phone
        case .url: .url
        case .slug: .slug
        case .enum: .enumeration
        case .flags: .flags
        case .state: .state
        case .json: .json
        case .object: .object
        case .list: .list
        case .geo: .geo
        case .ref where declared.to.count > 1: .union(of: declared.to.map(\.value))
        case .ref: .reference(to: declared.to.first?.value ?? "")
        case .refs: .references(to: declared.to.first?.value ?? "")
        case .media: .media(kinds: declared.kinds.map(\.value))
        case .medias: .medias(kinds: declared.kinds.map(\.value))
        case .counter: .counter
        case .sequence: .sequence
        case .token: .token
        }
    }

    /// The type that its values have in expressions.
    func valueType(of field: FieldDeclaration) -> ValueType {
        switch field.type.value {
        case .string, .text, .html, .email, .phone, .url, .slug, .sequence, .token, .enum, .state: .text
        case .int, .counter: .int
        case .float: .float
        case .decimal: .decimal(scale: field.scale?.value ?? 0)
        case .bool: .bool
        case .date: .date
        case .datetime: .moment
        case .duration: .duration
        case .flags: .list(.text)
        case .json, .object, .list, .geo: .json
        case .ref where field.to.count > 1: .union(field.to.map(\.value))
        case .ref: .reference(to: field.to.first?.value ?? "")
        case .media: .reference(to: BuiltIns.media)
        case .refs: .list(.reference(to: field.to.first?.value ?? ""))
        case .medias: .list(.reference(to: BuiltIns.media))
        }
    }

    /// Lengths in Unicode scalars; a `text` is bounded by `server.max_body` alone.
    private func defaultMaximum(of kind: FieldDeclaration.Kind) -> Double? {
        switch kind {
        case .string, .slug: 255
        case .email: 254
        case .html: 1_000_000
        case .url: 2_000
        default: nil
        }
    }

    private func source(of declared: FieldDeclaration) -> Field.Source {
        let isMade = [.state, .counter, .sequence, .token].contains(declared.type.value)
        if declared.readonly || declared.compute != nil || isMade || declared.isPrivate { return .server }
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
        return switch declared.type.value {
        case .refs, .medias: .list([])
        case .counter: .int(0)
        default: .null
        }
    }

    /// A literal of the file as a value of that field; nil when it does not fit.
    func value(of literal: Literal, for model: FieldModel) -> Value? {
        switch (literal, model.type) {
        case (.bool(let truth), .bool): .bool(truth)
        case (.int(let number), .decimal(let scale)): Decimal("\(number)")?.rescaled(to: scale).map { .decimal($0) }
        case (.float(let number), .decimal(let scale)): Decimal("\(number)")?.rescaled(to: scale).map { .decimal($0) }
        case (.string(let text), .decimal(let scale)): Decimal(text)?.rescaled(to: scale).map { .decimal($0) }
        case (.list(let items), .list(.text)): flags(items, model)
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

    private func flags(_ items: [Literal], _ model: FieldModel) -> Value? {
        let texts = items.compactMap { item -> Value? in
            guard case .string(let text) = item, model.allowed?.contains(text) ?? true else { return nil }
            return .text(text)
        }
        return texts.count == items.count ? .list(texts) : nil
    }
}
