internal import Config

/// Options of a collection that are fields at bottom become fields, so that all that follows knows fields alone.
enum Desugaring {
    static let position = "position"
    static let seo = "seo"
    static let replaced = "_replaced"
    static let tenant = "tenant"

    static func desugared(_ collection: CollectionDeclaration, _ configuration: Configuration) -> CollectionDeclaration {
        var result = collection
        if collection.isOrdered {
            result.fields.append(
                field(position, .int, of: collection) {
                    $0.readonly = true
                    // New rows come last (11-precisions 25).
                    $0.stamp = Located("coalesce(max(all.\(collection.name).\(position)), 0) + 1", at: collection.at)
                })
            if collection.order.isEmpty { result.order = [Located(position, at: collection.at)] }
        }
        if let declared = collection.seo {
            result.fields.append(
                field(seo, .object, of: collection) {
                    $0.write = declared.write
                    $0.fields = ["title", "description", "canonical", "robots", "image"].map { name in
                        var part = field(name, name == "canonical" || name == "image" ? .url : .string, of: collection) { _ in }
                        part.maximum = Located(Bound(name == "description" ? 500 : 255), at: collection.at)
                        return part
                    }
                })
        }
        if collection.softDelete?.set.isEmpty == false {
            result.fields.append(field(replaced, .json, of: collection) { $0.isPrivate = true })
        }
        if collection.isTenant || arisesInTenants(collection, configuration), let tenancy = configuration.tenancy {
            result.fields.append(
                field(tenant, .ref, of: collection) {
                    $0.to = [tenancy.tenant]
                    $0.isPrivate = true
                    $0.required = collection.isTenant
                })
        }
        return result
    }

    /// Files belong to the tenant that they arose in; what is uploaded outside of any, as by somebody without a membership, to none.
    static func arisesInTenants(_ collection: CollectionDeclaration, _ configuration: Configuration) -> Bool {
        collection.name == BuiltIns.media && !collection.isTenant && configuration.tenancy != nil
    }

    private static func field(
        _ name: String, _ type: FieldDeclaration.Kind, of collection: CollectionDeclaration, adjust: (inout FieldDeclaration) -> Void
    ) -> FieldDeclaration {
        var field = FieldDeclaration(name: name, at: collection.at, type: Located(type, at: collection.at))
        adjust(&field)
        return field
    }
}
