/// One setting changed for one run: `--set auth.access_ttl=2s` or `ATLAS__AUTH__ACCESS_TTL=2s`. The value is TOML where it parses, else a
/// string; an empty one unsets.
struct Override {
    struct Step {
        var name: String
        var column: Int
        var length: Int
    }

    /// What faults call it: `--set` (the line is then its place among them) or the name of the variable.
    var file: String
    var line: Int
    /// As faults show it: `auth.access_ttl=2s`.
    var source: String
    var path: [Step]
    var value: String

    /// `--set`: a dotted key whose parts may be quoted.
    init(set key: String, value: String, line: Int) {
        file = "--set"
        self.line = line
        source = "\(key)=\(value)"
        path = Self.joiningLimits(Self.dotted(key))
        self.value = value
    }

    /// `ATLAS__AUTH__ACCESS_TTL`; nil for other variables.
    init?(variable: String, value: String) {
        let prefix = "ATLAS__"
        guard variable.hasPrefix(prefix) else { return nil }
        file = variable
        line = 1
        source = "\(variable)=\(value)"
        var column = prefix.unicodeScalars.count + 1
        path = Self.joiningLimits(
            Self.parts(of: String(variable.dropFirst(prefix.count))).map { part in
                defer { column += part.unicodeScalars.count + 2 }
                return Step(name: part.lowercased(), column: column, length: max(1, part.unicodeScalars.count))
            })
        self.value = value
    }

    private static func parts(of name: String) -> [String] {
        var parts = [""]
        var rest = Substring(name)
        while let letter = rest.first {
            if rest.hasPrefix("__"), !parts[parts.count - 1].isEmpty {
                parts.append("")
                rest = rest.dropFirst(2)
            } else {
                parts[parts.count - 1].append(letter)
                rest = rest.dropFirst()
            }
        }
        return parts
    }

    private static func dotted(_ key: String) -> [Step] {
        var steps: [Step] = []
        var name = ""
        var start = 1
        var column = 1
        var isQuoted = false
        for scalar in key.unicodeScalars {
            if scalar == "\"" {
                isQuoted.toggle()
            } else if scalar == ".", !isQuoted {
                steps.append(Step(name: name, column: start, length: max(1, column - start)))
                name = ""
                start = column + 1
            } else {
                name.unicodeScalars.append(scalar)
            }
            column += 1
        }
        steps.append(Step(name: name, column: start, length: max(1, column - start)))
        return steps
    }

    /// Whether it changes a trait, or which ones a collection has.
    var isOfTraits: Bool {
        path.first?.name == "traits" || path.count > 2 && path[0].name == "collections" && path[2].name == "traits"
    }

    /// Inside `limits` the rest of the path is one key, quoted or not: `server.limits.auth.otp`.
    private static func joiningLimits(_ path: [Step]) -> [Step] {
        let names = path.map(\.name)
        let begin: Int
        if names.starts(with: ["server", "limits"]) {
            begin = 2
        } else if names.count > 2, ["collections", "traits"].contains(names[0]), names[2] == "limits" {
            begin = 3
        } else {
            return path
        }
        guard path.count > begin + 1, let first = path[begin...].first, let last = path.last else { return path }
        let name = names[begin...].joined(separator: ".")
        return Array(path[..<begin]) + [Step(name: name, column: first.column, length: last.column + last.length - first.column)]
    }

    /// Puts the value into the tree; a path through a value that is no table or list is a fault.
    func apply(to root: inout TOMLNode, faults: inout [Fault]) {
        var problem: Fault?
        set(in: &root, path[...], &problem)
        if let problem { faults.append(problem) }
    }

    private func set(in node: inout TOMLNode, _ path: ArraySlice<Step>, _ problem: inout Fault?) {
        guard let step = path.first else {
            node = parsed
            return
        }
        let rest = path.dropFirst()
        let at = location(column: step.column)
        switch node.value {
        case .table(var table):
            guard !step.name.isEmpty else {
                problem = Fault("a key is missing here", at: at, suggestion: "a path is written section.key")
                return
            }
            if let index = table.members.firstIndex(where: { $0.name == step.name }) {
                if rest.isEmpty, value.isEmpty {
                    table.members.remove(at: index)
                } else {
                    if rest.isEmpty {
                        table.members[index].at = at
                        table.members[index].length = step.length
                    }
                    set(in: &table.members[index].node, rest, &problem)
                }
            } else if !value.isEmpty {
                var child = TOMLNode(.table(TOMLTable()), at: at, end: location(column: step.column + step.length))
                set(in: &child, rest, &problem)
                table.members.append(TOMLMember(name: step.name, at: at, length: step.length, node: child))
            }
            node.value = .table(table)
        case .array(var items):
            guard let index = Int(step.name), index >= 0, index <= items.count else {
                problem = Fault(
                    "'\(step.name)' is no place in a list of \(items.count)", at: at, length: step.length,
                    suggestion: "places are numbers from 0; \(items.count) adds one")
                return
            }
            if rest.isEmpty, value.isEmpty {
                if index < items.count { items.remove(at: index) }
            } else {
                if index == items.count {
                    items.append(TOMLNode(.table(TOMLTable()), at: at, end: location(column: step.column + step.length)))
                }
                set(in: &items[index], rest, &problem)
            }
            node.value = .array(items)
        default:
            problem = Fault("'\(step.name)' stands below \(node.kind)", at: at, length: step.length)
        }
    }

    private func location(column: Int) -> Location { Location(file: file, line: line, column: column) }

    /// The value as a node, whose place is that after the `=`.
    private var parsed: TOMLNode {
        let start = source.unicodeScalars.count - value.unicodeScalars.count + 1
        let prefix = "x = "
        if let root = try? TOMLParser.parse(prefix + value, file: file), let table = root.table, table.members.count == 1,
            let member = table.members.first, member.name == "x"
        {
            return moved(member.node, by: start - prefix.count - 1)
        }
        return TOMLNode(
            .string(value), at: location(column: start), end: location(column: start + max(1, value.unicodeScalars.count)))
    }

    /// A node parsed from `x = …` in its place after the `=` of the override.
    private func moved(_ node: TOMLNode, by columns: Int) -> TOMLNode {
        func move(_ place: Location) -> Location {
            Location(file: file, line: place.line + line - 1, column: place.line == 1 ? max(1, place.column + columns) : place.column)
        }
        var node = node
        node.at = move(node.at)
        node.end = move(node.end)
        switch node.value {
        case .table(var table):
            for index in table.members.indices {
                table.members[index].at = move(table.members[index].at)
                table.members[index].node = moved(table.members[index].node, by: columns)
            }
            node.value = .table(table)
        case .array(let items): node.value = .array(items.map { moved($0, by: columns) })
        default: break
        }
        return node
    }
}
