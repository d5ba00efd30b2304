internal import Config
package import Expressions

/// The effect `notify`: messages about an event, or about each row of `each`, which is then `this`.
package struct NoticeSending: Sendable {
    /// One recipient, or as many as its expression leads to.
    package struct Letter: Sendable {
        package var target: NoticeTarget
        /// By collection of the recipient; under the empty name for an address.
        package var notices: [String: Notice]
    }

    package var each: RowSelection?
    /// By collection of the row of `each`; under the empty name without one.
    package var letters: [String: [Letter]]
}

extension SchemaCompiler {
    /// - Parameter event: the collection of the record that it happens to; nil: no record, as of an alert.
    mutating func sending(_ declared: EffectDeclaration, each: RowSelection?, of event: String?) -> NoticeSending? {
        guard let notice = configuration.notices.first(where: { $0.name == declared.target.value }) else { return nil }
        var letters: [String: [NoticeSending.Letter]] = [:]
        for row in each?.collections ?? [""] {
            let context = NoticeContext(
                event: event, row: row.isEmpty ? nil : row, names: event == nil ? NoticeContext.alert : [:])
            let sources = declared.to.map { [$0] } ?? notice.to
            letters[row] =
                sources.isEmpty
                ? subject(of: context, at: declared.target).map { [letter($0, notice, in: context)] }
                : sources.compactMap { target($0, in: context, at: declared.target).map { letter($0, notice, in: context) } }
        }
        return NoticeSending(each: each, letters: letters)
    }

    private mutating func letter(_ target: NoticeTarget, _ notice: NoticeDeclaration, in context: NoticeContext) -> NoticeSending.Letter {
        var notices: [String: Notice] = [:]
        for collection in target.collections {
            notices[collection] = self.notice(notice, in: context, to: collection.isEmpty ? nil : collection)
        }
        return NoticeSending.Letter(target: target, notices: notices)
    }

    /// Where nobody is named: the row, or else the event's record, if one can write to it.
    private mutating func subject(of context: NoticeContext, at name: Located<String>) -> NoticeTarget? {
        let root = context.row == nil ? "new" : "this"
        if let collection = context.row ?? context.event, hasAddress(collection) {
            return expression(Located(root, at: name.at), in: recipientScope(context), as: .anything).map { .value($0) }
        }
        faults.append(
            Fault("nobody is named to whom it goes", at: name.at, length: name.value.count, suggestion: "to = \"= new.owner\""))
        return nil
    }

    private mutating func target(_ source: Assignment.Source, in context: NoticeContext, at name: Located<String>) -> NoticeTarget? {
        switch source {
        case .literal(.string(let address)): return .address(address)
        case .literal:
            faults.append(Fault("'to' is an address, or an expression after \"= \"", at: name.at, length: name.value.count))
            return nil
        case .expression(let source):
            guard let value = expression(source, in: recipientScope(context), as: .anything) else { return nil }
            if value.type == .text || value.type == .list(.text) { return .value(value) }
            let collections = value.type.collections
            // Of a collection that is not there, or a field that is faulty, it is said elsewhere.
            if mentionsDoubtful(source.value) || collections.contains(where: { model.collections[$0] == nil }) { return nil }
            let silent = collections.first { !hasAddress($0) }
            if collections.isEmpty || silent != nil {
                let why = silent.map { "records of '\($0)' have neither 'phone' nor 'email'" } ?? "this is neither an address nor a record"
                faults.append(
                    Fault(why, at: source.at, length: source.value.unicodeScalars.count, suggestion: "a user, or a field such as new.email")
                )
                return nil
            }
            return .value(value)
        }
    }

    private func recipientScope(_ context: NoticeContext) -> Scope {
        Scope(collection: context.row, hasOld: context.event != nil, hasNew: context.event != nil, event: context.event)
    }

    private func hasAddress(_ collection: String) -> Bool {
        model.collections[collection]?.fields.contains { ["phone", "email"].contains($0.name) && $0.type == .text } ?? false
    }
}

extension NoticeTarget {
    /// Of the recipients; the empty name stands for an address.
    package var collections: [String] {
        guard case .value(let expression) = self, !expression.type.collections.isEmpty else { return [""] }
        return expression.type.collections
    }
}
