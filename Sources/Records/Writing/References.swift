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
                where try !known.contains(found.reference) && !mayRefer(found.part, to: .text(found.reference)) {
                    faults.append(Self.unknownReference(found.path, found.part))
                }
                continue
            }
            guard !field.targets.isEmpty else { continue }
            switch row.values[index] {
            case .list(let references):
                let known: [Value] = if case .list(let members) = old?.values[index] { members } else { [] }
                for (position, reference) in references.enumerated()
                where try !known.contains(reference) && !mayRefer(field, to: reference) {
                    faults.append(Self.unknownReference("\(field.name)[\(position)]", field))
                }
            case .null: continue
            case let reference:
                if try !mayRefer(field, to: reference) { faults.append(Self.unknownReference(field.name, field)) }
            }
        }
        if !faults.isEmpty { throw RecordError.invalid(faults) }
    }

    static func unknownReference(_ path: String, _ field: Field) -> FieldFault {
        let places = field.targets.map { "'\($0)'" }.joined(separator: " or ")
        return FieldFault(path: path, code: "reference", message: "there is no such record in \(places)")
    }

    /// Whether the caller may make `field` lead to that record.
    func mayRefer(_ field: Field, to reference: Value) throws -> Bool {
        guard case .text(let text) = reference else { return false }
        let union = field.targets.count > 1 ? UnionReference(text) : nil
        guard let name = union?.collection ?? field.target, let target = schema.collection(name) else { return false }
        let id = union?.id ?? text
        switch field.kind {
        case .media(let kinds), .medias(let kinds):
            guard let file = try transaction.row(in: target.name, id: id), let me = environment.me else { return false }
            guard case .text(let kind) = file.value("kind", in: target), kinds.isEmpty || kinds.contains(kind) else { return false }
            return try file.value("uploader", in: target) == .text(me.id) || mayEditHolder(of: file, in: target)
        default:
            // What has a card may be seen by strangers wherever it is referred to, and so be referred to.
            if target.behaviour.card != nil { return try transaction.row(in: target.name, id: id) != nil }
            guard let access = access(to: target) else { return false }
            return try transaction.row(access, key: .id(id)) != nil
        }
    }

    /// Fills empty slugs from their sources: `title`, `title-2`, `title-3` … whatever no live record bears.
    func makeSlugs(_ row: inout Row, in collection: Collection) throws {
        for field in collection.fields where field.kind == .slug && row.values[field.index].isNull {
            let texts = field.slugSources.compactMap { index -> String? in
                if case .text(let text) = row.values[index] { text } else { nil }
            }
            guard !texts.isEmpty else { continue }
            let limit = Int(field.maximum ?? 255)
            // Room for the number; an id's form is refused, since a lookup by it would be read as an id.
            var base = Slug.make(from: texts.joined(separator: " "), limit: max(1, limit - 7))
            if base.isEmpty || UUIDv7.isUUID(base) { base = "\(collection.name)-\(base.prefix(8))".trimmingHyphens }
            row.values[field.index] = .text(try freeSlug(base, field, in: collection))
        }
    }

    private func freeSlug(_ base: String, _ field: Field, in collection: Collection) throws -> String {
        let isUnique = collection.uniqueKeys.contains { $0.fields == [field.index] }
        func isTaken(_ slug: String) throws -> Bool {
            try transaction.row(Access(collection, environment: environment), key: .field(field.index, .text(slug))) != nil
        }
        guard isUnique, try isTaken(base) else { return base }
        // Doubling first keeps the number of lookups logarithmic where a thousand records share a title.
        var high = 2
        while try isTaken("\(base)-\(high)") {
            high *= 2
            if high > 1 << 18 { throw RecordError.conflict(fields: [field.name]) }
        }
        var low = high / 2
        while high - low > 1 {
            let middle = (low + high) / 2
            if try isTaken("\(base)-\(middle)") { low = middle } else { high = middle }
        }
        return "\(base)-\(high)"
    }

    /// Whether some record that holds the file is one that the caller may change (03-expressions, references). The oldest holders decide:
    /// a file that many share is asked for where it was put first.
    private func mayEditHolder(of file: Row, in media: Collection) throws -> Bool {
        for referrer in media.behaviour.referrers {
            guard let holder = schema.collection(referrer.collection), let update = holder.behaviour.update,
                let access = access(to: holder)
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

extension String {
    fileprivate var trimmingHyphens: String {
        var text = self[...]
        while text.hasSuffix("-") { text.removeLast() }
        return String(text)
    }
}
