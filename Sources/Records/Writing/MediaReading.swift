internal import Expressions
internal import Ports
internal import Schema

/// Who may have a file whole.
extension RecordWriter {
    package struct StoredFile: Sendable {
        /// Its key in the object store.
        package var object: String
        package var mime: String
        package var sha256: String
    }

    /// Holders that are looked at in each field, the oldest first.
    private static let holderLimit = 32

    /// The file, if the caller may read its record, or, where its kind is private, a record that holds it in a field he may read.
    /// Everybody else gets 404 (11-precisions 12).
    package func readableFile(_ id: String) throws -> StoredFile {
        let media = schema.media
        guard let file = try transaction.row(in: media.name, id: id), try mayRead(file, in: media) || isReadableByHolder(file, in: media),
            case .text(let object) = file.value("object", in: media), case .text(let mime) = file.value("mime", in: media),
            case .text(let sha256) = file.value("sha256", in: media)
        else { throw RecordError.notFound }
        return StoredFile(object: object, mime: mime, sha256: sha256)
    }

    /// Whether the caller may read the record of the file.
    func mayRead(_ file: Row, in media: Collection) throws -> Bool {
        guard let access = access(to: media) else { return false }
        return try transaction.row(access, key: .id(file.id)) != nil
    }

    private func isReadableByHolder(_ file: Row, in media: Collection) throws -> Bool {
        guard case .text(let kind) = file.value("kind", in: media), schema.mediaKinds[kind]?.isPrivate == true else {
            return false
        }
        for referrer in media.behaviour.referrers {
            guard let holder = schema.collection(referrer.collection), let access = access(to: holder) else { continue }
            let field = holder.fields[referrer.field]
            if field.isPrivate { continue }
            for id in try transaction.referrers(to: file.id, in: holder, by: field, limit: Self.holderLimit) {
                guard let row = try transaction.row(access, key: .id(id)) else { continue }
                if try field.read.map({ try holds($0.rule.expression, row) }) ?? true { return true }
            }
        }
        return false
    }
}
