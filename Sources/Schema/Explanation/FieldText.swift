internal import Config
internal import Expressions

/// A field in a few words.
extension Field {
    /// `ref users, required, unique`
    var typeText: String {
        var words = [kindText]
        if required { words.append("required") }
        if source == .clientOnce { words.append("immutable") }
        if isPrivate { words.append("private") }
        if let minimum { words.append("≥ \(Self.number(minimum))") }
        if let maximum { words.append("≤ \(Self.number(maximum))") }
        if !targets.isEmpty, kind != .media(kinds: []), onDelete != .refuse { words.append(onDelete == .cascade ? "cascades" : "nulls") }
        if let search { words.append("search \(search)") }
        if isFilterable { words.append("filter") }
        return words.joined(separator: ", ")
    }

    private var kindText: String {
        switch kind {
        case .id: "id"
        case .enumeration: "enum " + (model.allowed ?? []).joined(separator: "|")
        case .flags: "flags " + (model.allowed ?? []).joined(separator: "|")
        case .state: "state " + (model.allowed ?? []).joined(separator: "|")
        case .decimal(let precision, let scale): "decimal(\(precision), \(scale))"
        case .reference(let to): "ref \(to)"
        case .union(let names): "ref \(names.joined(separator: "|"))"
        case .references(let to): "refs \(to)"
        case .media(let kinds): "media " + kinds.joined(separator: "|")
        case .medias(let kinds): "medias " + kinds.joined(separator: "|")
        case .object: "object {\(parts.map(\.name).joined(separator: ", "))}"
        case .list:
            parts.isEmpty
                ? "list of \(items.first.map { "\($0.kindText)" } ?? "values")" : "list {\(parts.map(\.name).joined(separator: ", "))}"
        default: "\(kind)"
        }
    }

    private static func number(_ bound: Double) -> String {
        Int64(exactly: bound).map { "\($0)" } ?? "\(bound)"
    }

    /// Where its value comes from.
    var valueText: String {
        if let compute { return isAsync ? "compute (job) \(compute.source)" : "compute \(compute.source)" }
        if let stamp { return "stamp \(stamp.source)" }
        switch kind {
        case .sequence, .token: return "drawn at creation"
        case .counter: return "counts reads"
        default: break
        }
        if index < Row.System.count { return "system" }
        return initial.isNull || initial == .list([]) ? "" : "default \(initial.text)"
    }

    /// Who gives it another.
    var writeText: String {
        switch source {
        case .client: write.map { $0.expression.source } ?? "who writes the record"
        case .clientOnce: "who creates the record"
        case .stamp: write.map { "the server, then \($0.expression.source)" } ?? "the server"
        case .server: "the server"
        }
    }
}

extension Value {
    /// For people: as it would be written in an expression, dates as their numbers.
    package var text: String {
        switch self {
        case .null: "null"
        case .bool(let truth): truth ? "true" : "false"
        case .int(let number): "\(number)"
        case .float(let number): "\(number)"
        case .decimal(let number): "\(number)"
        case .text(let text): "'\(text)'"
        case .moment(let time): Timestamp.text(time)
        case .date(let day): CalendarDate.text(day)
        case .duration(let time): ISODuration.text(time)
        case .list(let items): "[" + items.map(\.text).joined(separator: ", ") + "]"
        }
    }
}

extension Assignment {
    /// `published_at = now`
    var text: String {
        switch source {
        case .literal(let literal): "\(field.value) = \(literal.text)"
        case .expression(let expression): "\(field.value) = \(expression.value)"
        }
    }
}

extension Literal {
    var text: String {
        switch self {
        case .bool(let truth): truth ? "true" : "false"
        case .int(let number): "\(number)"
        case .float(let number): "\(number)"
        case .string(let text): "'\(text)'"
        case .list(let items): "[" + items.map(\.text).joined(separator: ", ") + "]"
        }
    }
}

extension EffectDeclaration {
    /// `insert memberships { role = 'owner' } for each new.items`
    var text: String {
        var text = "\(kind.rawValue) \(target.value)"
        if !set.isEmpty { text += " { \(set.map(\.text).joined(separator: ", ")) }" }
        if let each { text += " for each \(each.value)" }
        if let rows = `where` { text += " where \(rows.value)" }
        if case .expression(let to)? = to { text += " to \(to.value)" }
        return text
    }
}
