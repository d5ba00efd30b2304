/// Fragments are put together by interpolation: `"\(column) = \(parameter)"` keeps text and parameters in step.
extension SQLFragment: ExpressibleByStringInterpolation {
    package struct StringInterpolation: StringInterpolationProtocol {
        var text = ""
        var parameters: [SQLParameter] = []

        package init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity)
        }

        package mutating func appendLiteral(_ literal: String) {
            text += literal
        }

        package mutating func appendInterpolation(_ fragment: SQLFragment) {
            text += fragment.text
            parameters += fragment.parameters
        }

        package mutating func appendInterpolation(_ parameter: SQLParameter) {
            text += "?"
            parameters.append(parameter)
        }

        package mutating func appendInterpolation(number: Int) {
            text += String(number)
        }

        /// An identifier, quoted.
        package mutating func appendInterpolation(name: String) {
            text += "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
        }
    }

    package init(stringInterpolation: StringInterpolation) {
        self.init(text: stringInterpolation.text, parameters: stringInterpolation.parameters)
    }

    package init(stringLiteral text: String) {
        self.init(text: text)
    }
}

extension [SQLFragment] {
    func joined(_ separator: String) -> SQLFragment {
        SQLFragment(text: map(\.text).joined(separator: separator), parameters: flatMap(\.parameters))
    }
}

extension Value {
    /// What a database can bind: a list as a JSON text, for `json_each`; all else as it is.
    var scalar: Value {
        guard case .list(let items) = self else { return self }
        return .text("[" + items.map(\.json).joined(separator: ",") + "]")
    }

    private var json: String {
        switch self {
        case .null, .list: return "null"
        case .bool(let value): return value ? "1" : "0"
        case .int(let value), .moment(let value), .date(let value), .duration(let value): return String(value)
        case .decimal(let value): return String(value.units)
        // 9e999 is read as infinity, which JSON cannot write.
        case .float(let value): return value.isNaN ? "null" : value.isFinite ? "\(value)" : value < 0 ? "-9e999" : "9e999"
        case .text(let text):
            var result = "\""
            for scalar in text.unicodeScalars {
                switch scalar {
                case "\"": result += "\\\""
                case "\\": result += "\\\\"
                case _ where scalar.value < 0x20:
                    let hex = String(scalar.value, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
                default: result.unicodeScalars.append(scalar)
                }
            }
            return result + "\""
        }
    }
}
