/// An expression as written: a tree without names resolved or types known.
struct Syntax {
    indirect enum Form {
        case null
        case bool(Bool)
        case int(Int64)
        case float(Double, Decimal?)
        case text(String)
        case duration(Int64)
        case list([Syntax])
        /// `$`
        case filterValue
        case name(String)
        case member(Syntax, String, nameRange: Range<Int>)
        case call(String, [Syntax], condition: Syntax?, nameRange: Range<Int>)
        case negative(Syntax)
        case arithmetic(ArithmeticOperator, Syntax, Syntax)
        case comparison(ComparisonOperator, Syntax, Syntax)
        case membership(Syntax, Syntax, negated: Bool)
        /// `x in a..b`, both ends included.
        case between(Syntax, Syntax, Syntax, negated: Bool)
        case not(Syntax)
        case and([Syntax])
        case or([Syntax])
    }

    var form: Form
    /// Unicode scalars from the start of the source.
    var range: Range<Int>
    /// Levels below, itself included; bounded so that no walk over the tree can exhaust the stack.
    var depth: Int
}

enum ArithmeticOperator: String, Sendable, Hashable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case remainder = "%"
}

enum ComparisonOperator: String, Sendable, Hashable {
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
}

/// What an expression may cost to read, whoever wrote it.
enum SyntaxLimit {
    /// Unicode scalars of one source.
    static let length = 4096
    /// Levels of the tree.
    static let depth = 64
    /// Nodes after the expansion of named rules; well below SQLite's expression depth of 1000 for a chain of `AND`
    /// (sqlite.org/limits.html).
    static let nodes = 2000
    /// What SQLite's parser may have to stack at once; it holds 100 entries (parse.y, YYSTACKDEPTH).
    static let nesting = 92
}
