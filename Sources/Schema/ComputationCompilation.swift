internal import Config
internal import Expressions

/// Computed fields: what each is made of, in which order, and whose change makes it change.
extension SchemaCompiler {
    /// Compiles the computed fields of all collections and gives each its kept sums, which are private fields behind the declared ones.
    mutating func compileComputations() {
        for declaration in declarations {
            for field in declaration.fields {
                guard !doubtful.contains(field.name), let compute = field.compute,
                    let model = model.collections[declaration.name]?.field(field.name)
                else { continue }
                let scope = Scope(collection: declaration.name, isComputed: true, hasCaller: false, macros: macros)
                guard let expression = expression(compute, in: scope, as: .value(model.type)) else { continue }
                let steps = steps(expression, of: field, at: compute, model, in: declaration)
                computations[declaration.name, default: ComputationDraft()].steps += steps
            }
        }
        rankSteps()
        for name in computations.keys {
            computations[name]?.steps.sort { ($0.rank, $0.field) < ($1.rank, $1.field) }
        }
    }

    private mutating func steps(
        _ expression: Expression, of field: FieldDeclaration, at compute: Located<String>, _ model: FieldModel,
        in collection: CollectionDeclaration
    ) -> [Computation.Step] {
        let use = expression.use
        if use.reachesFurther {
            faults.append(
                Fault(
                    "a computed value sees its own record and the rows that refer to it, and of those their own fields only",
                    at: compute.at, length: compute.value.unicodeScalars.count,
                    suggestion: "compute what is further away in the collection between"))
            return []
        }
        if field.isAsync {
            return [
                Computation.Step(
                    field: model.index, source: .value(expression), recount: expression, reads: use.own, asked: use.children,
                    isAsync: true)
            ]
        }
        if let sum = expression.keptSum {
            return [Computation.Step(field: model.index, source: .sum(sum), recount: expression, reads: [], asked: [], isAsync: false)]
        }
        var steps: [Computation.Step] = []
        let kept = expression.keeping { sum in
            let place = addSum(sum, number: steps.count + 1, of: field, in: collection)
            steps.append(
                Computation.Step(field: place.index, source: .sum(sum), recount: sum.recount, reads: [], asked: [], isAsync: false))
            return place
        }
        let remaining = kept.use
        steps.append(
            Computation.Step(
                field: model.index, source: .value(kept), recount: expression, reads: remaining.own, asked: remaining.children,
                isAsync: false))
        return steps
    }

    /// A private field for a sum that a computed field is made of: `_rating_avg_1`.
    private mutating func addSum(
        _ sum: KeptSum, number: Int, of field: FieldDeclaration, in collection: CollectionDeclaration
    ) -> FieldModel {
        let name = "_\(field.name)_\(number)"
        let kept = computations[collection.name]?.sums.count ?? 0
        let model = FieldModel(
            name: name, index: Row.System.count + collection.fields.count + kept, type: sum.type, storage: .column(name))
        self.model.collections[collection.name]?.fields.append(model)
        let kind: Field.Kind =
            switch sum.type {
            case .decimal(let scale): .decimal(precision: Decimal.precision, scale: scale)
            case .duration: .duration
            default: .int
            }
        var hidden = Field(name: name, index: model.index, kind: kind, model: model, isPrivate: true)
        hidden.source = .server
        hidden.initial = sum.ofNothing
        hidden.compute = sum.recount
        computations[collection.name, default: ComputationDraft()].sums.append(hidden)
        return model
    }

    // MARK: Order

    /// A computed field of some collection.
    private struct Place: Hashable {
        var collection: String
        var field: Int
    }

    /// Gives each step its rank, or reports a circle with its path.
    private mutating func rankSteps() {
        var ranks: [Place: Int] = [:]
        for declaration in declarations {
            for step in computations[declaration.name]?.steps ?? [] {
                _ = rank(of: Place(collection: declaration.name, field: step.field), &ranks, path: [])
            }
        }
        for (name, draft) in computations {
            computations[name]?.steps = draft.steps.map { step in
                var step = step
                step.rank = ranks[Place(collection: name, field: step.field)] ?? 0
                return step
            }
        }
    }

    private mutating func rank(of place: Place, _ ranks: inout [Place: Int], path: [Place]) -> Int {
        if let known = ranks[place] { return known }
        if let start = path.firstIndex(of: place) {
            reportCircle(Array(path[start...]))
            return 0
        }
        guard let step = computations[place.collection]?.steps.first(where: { $0.field == place.field }) else { return 0 }
        var needed = step.reads.map { Place(collection: place.collection, field: $0) }
        for use in step.children { needed += use.fields.map { Place(collection: use.collection, field: $0) } }
        var rank = 1
        for other in needed.sorted(by: { ($0.collection, $0.field) < ($1.collection, $1.field) }) {
            rank = max(rank, self.rank(of: other, &ranks, path: path + [place]) + 1)
        }
        ranks[place] = rank
        return rank
    }

    /// Each circle once, at the first of its declared fields in the order of the file.
    private mutating func reportCircle(_ circle: [Place]) {
        let names = circle.map { place in
            "\(place.collection).\(model.collections[place.collection]?.fields.first { $0.index == place.field }?.name ?? "")"
        }
        guard !reportedCircles.contains(Set(names)) else { return }
        reportedCircles.insert(Set(names))
        let declared = circle.compactMap { place -> Located<String>? in
            let collection = declarations.first { $0.name == place.collection }
            let index = place.field - Row.System.count
            guard let fields = collection?.fields, fields.indices.contains(index) else { return nil }
            return fields[index].compute
        }
        guard let compute = declared.first else { return }
        // Kept sums are the file's business no more than their names.
        let path = names.filter { !$0.contains("._") }
        faults.append(
            Fault(
                "this value is computed from itself: \((path + path.prefix(1)).joined(separator: " → "))", at: compute.at,
                length: compute.value.unicodeScalars.count))
    }

    // MARK: Roll-ups

    /// The computed fields of other collections (and this one) that look at rows of this one.
    func rollUps(of child: String) -> [RollUp] {
        guard let shape = model.collections[child] else { return [] }
        var rollUps: [RollUp] = []
        for parent in declarations {
            for step in computations[parent.name]?.steps ?? [] {
                for use in step.children where use.collection == child {
                    guard let reference = shape.fields.first(where: { $0.storage == use.reference })?.index else { continue }
                    let known = rollUps.firstIndex { $0.parent == parent.name && $0.field == reference }
                    if known == nil { rollUps.append(RollUp(field: reference, parent: parent.name)) }
                    rollUps[known ?? rollUps.count - 1].add(step, reading: use.fields)
                }
            }
        }
        return rollUps
    }
}

/// The computed fields of one collection while they are being compiled.
struct ComputationDraft {
    var steps: [Computation.Step] = []
    /// Private fields that follow the declared ones.
    var sums: [Field] = []
}

extension Computation.Step {
    /// The children that it is made of.
    var children: [ChildUse] {
        switch source {
        case .sum(let sum): recount.use.children.filter { $0.collection == sum.collection }
        case .value: asked
        }
    }
}

extension RollUp {
    fileprivate mutating func add(_ step: Computation.Step, reading fields: Set<Int>) {
        reads.formUnion(fields)
        if step.isAsync {
            isAsync = true
            return
        }
        switch step.source {
        case .sum(let sum): sums.append((step.field, sum))
        case .value: asked.insert(step.field)
        }
    }
}
