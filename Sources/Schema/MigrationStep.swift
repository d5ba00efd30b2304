package import Expressions

/// One change of the tables. Indexes are no steps: they follow from the collections.
package enum MigrationStep: Sendable {
    /// With the tables of its to-many fields.
    case createCollection(Collection)
    case addField(Field, Collection)
    /// The names of tables and columns as they were stored.
    case renameTable(from: String, to: String)
    case renameColumn(table: String, from: String, to: String)
    case dropColumn(table: String, column: String)
    case dropTable(String)
    /// Computes the field of every row, deleted ones too, from what is stored.
    case compute(Field, Collection, Expression)
    /// Gives all rows in which the column is null that value.
    case fill(table: String, column: String, Value)
}
