internal import Config
internal import Expressions

/// The declarations as the model of the language of expressions.
extension SchemaCompiler {
    /// What expressions may speak of: every collection with its fields, parts and back-references.
    mutating func buildModel() {
        for declaration in declarations {
            var fields = Self.systemFields
            for field in declaration.fields {
                if fields.contains(where: { $0.name == field.name }) {
                    faults.append(
                        Fault("the field '\(field.name)' exists already", at: field.at, length: field.name.unicodeScalars.count))
                    continue
                }
                fields.append(fieldModel(field, of: declaration, index: fields.count))
            }
            for (index, field) in zip(Row.System.count..., declaration.fields) { fields += partModels(of: field, index: index) }
            model.collections[declaration.name] = CollectionModel(
                name: declaration.name, table: declaration.name, fields: fields, softDelete: declaration.softDelete != nil,
                isTenant: declaration.isTenant || arisesInTenants(declaration))
        }
        buildChildren()
        spreadHiding()
    }

    /// A collection that cascades from one whose rows can be hidden has rows that can be hidden (11-precisions 13).
    private mutating func spreadHiding() {
        var isSettled = false
        while !isSettled {
            isSettled = true
            for declaration in declarations where model.collections[declaration.name]?.softDelete == false {
                let isHidden = declaration.fields.contains { field in
                    field.onDelete == .cascade && field.to.contains { model.collections[$0.value]?.softDelete == true }
                }
                guard isHidden else { continue }
                model.collections[declaration.name]?.softDelete = true
                isSettled = false
            }
        }
    }

    private static let systemFields: [FieldModel] = [
        FieldModel(name: "id", index: Row.System.id, type: .text, storage: .column("id")),
        FieldModel(name: "version", index: Row.System.version, type: .int, storage: .column("version")),
        FieldModel(name: "created_at", index: Row.System.createdAt, type: .moment, storage: .column("created_at")),
        FieldModel(name: "updated_at", index: Row.System.updatedAt, type: .moment, storage: .column("updated_at")),
        FieldModel(name: "deleted_at", index: Row.System.deletedAt, type: .moment, storage: .column("deleted_at")),
    ]

    private func fieldModel(_ field: FieldDeclaration, of collection: CollectionDeclaration, index: Int) -> FieldModel {
        let storage: FieldModel.Storage =
            switch field.type.value {
            case .refs, .medias: .members(table: "\(collection.name)__\(field.name)")
            case .flags: .list(column: field.name)
            case .ref where field.to.count > 1: .pair(collection: "\(field.name)_collection", id: field.name)
            default: .column(field.name)
            }
        let allowed = [.enum, .state, .flags].contains(field.type.value) ? field.values.map(\.value) : nil
        return FieldModel(
            name: field.name, index: index, type: valueType(of: field), storage: storage, allowed: allowed,
            isMarkup: field.type.value == .html)
    }

    /// The typed parts of a field that is a JSON object, for paths such as `location.lat`.
    private func partModels(of field: FieldDeclaration, index: Int) -> [FieldModel] {
        func part(_ name: String, _ type: ValueType, _ allowed: [String]? = nil) -> FieldModel {
            FieldModel(
                name: "\(field.name).\(name)", index: index, type: type, storage: .member(column: field.name, path: [name]),
                allowed: allowed)
        }
        switch field.type.value {
        case .geo: return [part("lat", .float), part("lng", .float)]
        case .object:
            // Of the others the JSON holds a text where an expression would need their number.
            let known: Set<FieldDeclaration.Kind> = [.string, .text, .email, .phone, .url, .enum, .int, .float, .bool]
            return field.fields.filter { known.contains($0.type.value) }.map {
                part($0.name, valueType(of: $0), $0.values.isEmpty ? nil : $0.values.map(\.value))
            }
        default: return []
        }
    }

    /// Every reference gives its targets a back-reference: under `as`, else under the child collection's name when that is unambiguous. To
    /// a tenant that name means what is in it, whatever else refers to tenants.
    private mutating func buildChildren() {
        for declaration in declarations {
            let references = declaration.fields.filter { $0.type.value == .ref }
            for field in references {
                for target in field.to.map(\.value) where model.collections[target] != nil {
                    let rivals = references.filter { $0.to.contains { $0.value == target } && $0.backReference == nil }
                    let owner = rivals.first { $0.name == Desugaring.tenant } ?? (rivals.count == 1 ? rivals[0] : nil)
                    guard let name = field.backReference?.value ?? (owner?.name == field.name ? declaration.name : nil) else { continue }
                    let isTaken = model.collections[target]?.children.contains { $0.name == name } == true
                    if let given = field.backReference, isTaken {
                        faults.append(Fault("'\(target)' has children named '\(name)' already", at: given.at, length: name.count))
                    }
                    if isTaken { continue }
                    model.collections[target]?.children.append(ChildModel(name: name, collection: declaration.name, field: field.name))
                }
            }
        }
    }
}
