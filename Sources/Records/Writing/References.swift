package import Expressions
internal import Ports
package import Schema

/// What a record may point to, and what slugs it may bear.
extension RecordWriter {
    /// A reference may point only to a live record that the caller can read, media only to a file of his own or one that the record holds
    /// already. All faults are reported at once.
    func checkReferences(_ indexes: [Int], of row: Row, old: Row? = nil, in collection: Collection) throws {
        if caller.isSystem { return }
        var faults: [FieldFault] = []
        for index in indexes {
            let field = collection.fields[index]
            if field.holdsPartReferences {
                let known = Set(old.map { field.partReferences(in: $0.values[index]).map(\.reference) } ?? [])
                for found in field.partReferences(in: row.values[index])
                where try !known.contains(found.reference) && !mayRefer(found.part, of: collection, to: .text(found.reference)) {
                    faults.append(Self.unknownReference(found.path, found.part))
                }
                continue
            }
            guard !field.targets.isEmpty else { continue }
            switch row.values[index] {
            case .list(let references):
                let known: [Value] = if case .list(let members) = old?.values[index] { members } else { [] }
                for (position, reference) in references.enumerated()
                where try !known.contains(reference) && !mayRefer(field, of: collection, to: reference) {
                    faults.append(Self.unknownReference("\(field.name)[\(position)]", field))
                }
            case .null: continue
            case let reference:
                // A file that the record holds already stays; whatever else is named must be there to be seen (11-precisions 12).
                if field.target == schema.media.name, reference == old?.values[index] { continue }
                if try !mayRefer(field, of: collection, to: reference) { faults.append(Self.unknownReference(field.name, field)) }
            }
        }
        if !faults.isEmpty { throw RecordError.invalid(faults) }
    }

    static func unknownReference(_ path: String, _ field: Field) -> FieldFault {
        let places = field.targets.map { "'\($0)'" }.joined(separator: " or ")
        return FieldFault(path: path, code: "reference", message: "there is no such record in \(places)")
    }

    /// Whether the caller may make `field` of a record lead to that record.
    func mayRefer(_ field: Field, of holder: Collection, to reference: Value) throws -> Bool {
        guard case .text(let text) = reference else { return false }
        let union = field.targets.count > 1 ? UnionReference(text) : nil
        guard let name = union?.collection ?? field.target, let target = schema.collection(name) else { return false }
        let id = union?.id ?? text
        switch field.kind {
        case .media(let kinds), .medias(let kinds):
            guard let file = try transaction.row(in: target.name, id: id), let me = environment.me else { return false }
            guard case .text(let kind) = file.value("kind", in: target), kinds.isEmpty || kinds.contains(kind) else { return false }
            return try file.value("uploader", in: target) == .text(me.id) && isWithinReach(file, in: target, for: holder)
                || mayTake(file, in: target, for: holder)
        default:
            // What has a card may be seen by strangers wherever it is referred to, and so be referred to.
            if target.behaviour.card != nil { return try transaction.row(in: target.name, id: id) != nil }
            guard let access = access(to: target) else { return false }
            return try transaction.row(access, key: .id(id)) != nil
        }
    }

    /// Whether a file of his own is one that he may use where he now is: one of a tenant he may read there. Outside of any tenant, as under
    /// `/me`, a record of none may hold what he may read in its own tenant; a key reaches no other tenant than its own.
    private func isWithinReach(_ file: Row, in media: Collection, for taker: Collection) throws -> Bool {
        guard caller.isWithinScopes("read", of: media.name) else { return false }
        guard let owner = media.shape.anyTenant, case .text(let id) = file.values[owner] else { return true }
        guard environment.tenant == nil, caller.key == nil, taker.shape.tenant == nil else { return try mayRead(file, in: media) }
        return try mayRead(file, in: media, of: id)
    }

    /// Whether some record that holds the file is one that the caller may change (03-expressions, references), so that it may be held by
    /// another one. What belongs to a tenant stays with that tenant's records, and what belongs to none does not get there by what holds it
    /// elsewhere. The oldest holders decide: a file that many share is asked for where it was put first.
    private func mayTake(_ file: Row, in media: Collection, for taker: Collection) throws -> Bool {
        let owner = media.shape.anyTenant.map { file.values[$0] } ?? .null
        if !owner.isNull {
            guard taker.shape.tenant != nil, owner == environment.tenant.map({ .text($0.id) }) else { return false }
        }
        for referrer in media.behaviour.referrers {
            guard let holder = schema.collection(referrer.collection), (holder.shape.tenant == nil) == (taker.shape.tenant == nil),
                let update = holder.behaviour.update, let access = access(to: holder)
            else { continue }
            for id in try transaction.referrers(to: file.id, in: holder, by: holder.fields[referrer.field], limit: 8) {
                if let row = try transaction.row(access, key: .id(id)), try holds(update.expression, row) { return true }
            }
        }
        return false
    }
}

extension Row {
    /// The value of the field of that name; null when there is none.
    package func value(_ name: String, in collection: Collection) -> Value {
        collection.field(name).map { values[$0.index] } ?? .null
    }
}
