internal import Expressions
internal import Schema

/// Who enters the backoffice.
extension RecordWriter {
    /// Refuses whom `backoffice.allow` does not admit; everybody without a rule.
    package func admitToBackoffice() throws {
        if caller.isSystem { return }
        guard let rule = schema.backoffice, try rule.expression.isTrue(in: environment, rows: transaction) else {
            throw caller.refusal("this is for the backoffice")
        }
    }
}
