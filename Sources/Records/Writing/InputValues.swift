package import Expressions
package import JSON
internal import Schema

extension [Field] {
    /// The body of a transition, action or view as values by index of its input, defaults where nothing was sent. Throws `.invalid` with every fault.
    package func values(from body: JSONValue) throws(RecordError) -> [Int: Value] {
        guard case .object(let members) = body else {
            throw .invalid([FieldFault(path: "", code: "type", message: "the body must be an object, not \(body.kind)")])
        }
        var values: [Int: Value] = [:]
        var faults: [FieldFault] = []
        for member in members {
            guard let field = first(where: { $0.name == member.name }) else {
                faults.append(FieldFault(path: member.name, code: "unknown", message: "there is no such field"))
                continue
            }
            do throws(FieldFaults) {
                values[field.index] = try field.value(from: member.value, path: field.name)
            } catch {
                faults += error.faults
            }
        }
        for field in self where values[field.index, default: .null].isNull && !field.initial.isNull { values[field.index] = field.initial }
        for field in self where field.required && values[field.index, default: .null].isNull {
            if !faults.contains(where: { $0.path == field.name }) {
                faults.append(FieldFault(path: field.name, code: "required", message: "is required"))
            }
        }
        guard faults.isEmpty else { throw .invalid(faults) }
        return values
    }
}
