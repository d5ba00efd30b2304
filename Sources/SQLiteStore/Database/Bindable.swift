import Expressions

/// What can stand for a parameter of a statement, in its stored form.
protocol Bindable {
    func bind(to statement: Statement, at index: Int)
}

extension Int64: Bindable {
    func bind(to statement: Statement, at index: Int) { statement.bind(self, at: index) }
}

extension String: Bindable {
    func bind(to statement: Statement, at index: Int) { statement.bind(self, at: index) }
}

extension [UInt8]: Bindable {
    func bind(to statement: Statement, at index: Int) { statement.bind(bytes: self, at: index) }
}

extension Value: Bindable {
    func bind(to statement: Statement, at index: Int) { statement.bind(self, at: index) }
}

extension Optional: Bindable where Wrapped: Bindable {
    func bind(to statement: Statement, at index: Int) {
        if let self { self.bind(to: statement, at: index) } else { statement.bindNull(at: index) }
    }
}

extension Connection {
    /// The prepared statement of that text with those parameters, from 1 in their order. Whoever steps it resets it.
    func statement<each Parameter: Bindable>(_ sql: String, _ parameters: repeat each Parameter) throws(SQLiteError) -> Statement {
        let statement = try self.statement(sql)
        var index = 0
        for parameter in repeat each parameters {
            index += 1
            parameter.bind(to: statement, at: index)
        }
        return statement
    }

    /// Runs to the end, ignoring rows.
    func run<each Parameter: Bindable>(_ sql: String, _ parameters: repeat each Parameter) throws(SQLiteError) {
        try statement(sql, repeat each parameters).run()
    }

    /// What `read` makes of the first row; nil when there is none.
    func first<Result, each Parameter: Bindable>(
        _ sql: String, _ parameters: repeat each Parameter, read: (Statement) throws -> Result?
    ) throws -> Result? {
        let statement = try statement(sql, repeat each parameters)
        defer { statement.reset() }
        return try statement.step() ? read(statement) : nil
    }

    /// What `read` makes of each row.
    func all<Result, each Parameter: Bindable>(
        _ sql: String, _ parameters: repeat each Parameter, read: (Statement) throws -> Result
    ) throws -> [Result] {
        let statement = try statement(sql, repeat each parameters)
        defer { statement.reset() }
        var results: [Result] = []
        while try statement.step() { results.append(try read(statement)) }
        return results
    }
}
