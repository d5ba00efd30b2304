internal import Expressions
internal import Ports
internal import Schema

/// The effect `notify`.
extension RecordWriter {
    /// - Parameter scope: of the event, with `new` and `old`.
    func send(_ sending: NoticeSending, in scope: Environment) throws {
        guard let each = sending.each else { return try send(sending.letters[""] ?? [], about: nil, in: scope) }
        try forEach(each, in: scope) { row in try send(sending.letters[row.collection] ?? [], about: row, in: scope) }
    }

    private func send(_ letters: [NoticeSending.Letter], about row: Row?, in scope: Environment) throws {
        for letter in letters {
            for recipient in try recipients(of: letter.target, row: row, in: scope) {
                let collection = if case .row(let row) = recipient { row.collection } else { "" }
                guard let notice = letter.notices[collection] else { continue }
                let facts = NoticeFacts(new: scope.new, old: scope.old, this: row, names: scope.names)
                try notify(notice, to: recipient, given: facts, in: scope)
            }
        }
    }

    /// Live records, and addresses as they stand; none twice.
    private func recipients(of target: NoticeTarget, row: Row?, in scope: Environment) throws -> [NoticeRecipient] {
        guard case .value(let expression) = target else {
            return if case .address(let address) = target { [.address(address)] } else { [] }
        }
        let value = try expression.evaluate(in: scope, row: row, rows: transaction)
        let values: [Value] = if case .list(let items) = value { items } else { [value] }
        let collections = expression.type.collections
        var seen: Set<String> = []
        return try values.compactMap { value in
            guard case .text(let text) = value, seen.insert(text).inserted else { return nil }
            guard let only = collections.first else { return .address(text) }
            let reference = collections.count > 1 ? UnionReference(text) : UnionReference(collection: only, id: text)
            return try reference.flatMap { try transaction.row(in: $0.collection, id: $0.id) }.map { .row($0) }
        }
    }
}
