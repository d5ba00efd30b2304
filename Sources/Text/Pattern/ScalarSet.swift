/// The scalars that a class of a pattern stands for.
struct ScalarSet: Sendable, Equatable {
    /// Sorted and apart from one another.
    private var ranges: [ClosedRange<UInt32>]
    private var categories: Set<Unicode.GeneralCategory>
    private var isNegated = false
    /// The members below U+0080, bit by bit: most text is there.
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    init(_ ranges: [ClosedRange<UInt32>], categories: Set<Unicode.GeneralCategory> = []) {
        self.ranges = []
        self.categories = categories
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = self.ranges.last, range.lowerBound <= last.upperBound &+ 1 {
                self.ranges[self.ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                self.ranges.append(range)
            }
        }
        setBits()
    }

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<64: low & 1 << UInt64(scalar.value) != 0
        case 64..<128: high & 1 << UInt64(scalar.value - 64) != 0
        default: isListed(scalar) != isNegated
        }
    }

    private func isListed(_ scalar: Unicode.Scalar) -> Bool {
        var lower = 0
        var upper = ranges.count
        while lower < upper {
            let middle = (lower + upper) / 2
            if scalar.value < ranges[middle].lowerBound {
                upper = middle
            } else if scalar.value > ranges[middle].upperBound {
                lower = middle + 1
            } else {
                return true
            }
        }
        return !categories.isEmpty && categories.contains(scalar.properties.generalCategory)
    }

    private mutating func setBits() {
        (low, high) = (0, 0)
        for value in UInt8(0)..<128 where isListed(Unicode.Scalar(value)) != isNegated {
            if value < 64 { low |= 1 << UInt64(value) } else { high |= 1 << UInt64(value - 64) }
        }
    }

    /// Every scalar that is not in this set.
    var negated: ScalarSet {
        var set = self
        set.isNegated.toggle()
        set.setBits()
        return set
    }

    /// The same set written as ranges and categories alone, so that it can be joined with others.
    var listed: (ranges: [ClosedRange<UInt32>], categories: Set<Unicode.GeneralCategory>) {
        guard isNegated else { return (ranges, categories) }
        // A set of the language has ranges or categories, never both.
        guard categories.isEmpty else { return ([], Set(Self.named.map(\.category)).subtracting(categories)) }
        var gaps: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges {
            if range.lowerBound > next { gaps.append(next...range.lowerBound - 1) }
            next = range.upperBound + 1
        }
        if next <= 0x10FFFF { gaps.append(next...0x10FFFF) }
        return (gaps, [])
    }

    /// ECMA-262 section 22.2: `\d`, `\w`, `\s`, and what ends a line, which `.` is not.
    static let digit = ScalarSet([0x30...0x39])
    static let word = ScalarSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    static let space = ScalarSet([
        0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F...0x202F, 0x205F...0x205F,
        0x3000...0x3000, 0xFEFF...0xFEFF,
    ])
    static let lineEnd = ScalarSet([0x0A...0x0A, 0x0D...0x0D, 0x2028...0x2029])

    /// The general category of that name ("Lu"), or all whose names begin with it ("L"); nil when there is none.
    static func category(_ name: String) -> ScalarSet? {
        let found = named.filter { $0.name == name || name.utf8.count == 1 && $0.name.hasPrefix(name) }
        return found.isEmpty ? nil : ScalarSet([], categories: Set(found.map(\.category)))
    }

    /// UAX 44, table 12.
    private static let named: [(name: String, category: Unicode.GeneralCategory)] = [
        ("Lu", .uppercaseLetter), ("Ll", .lowercaseLetter), ("Lt", .titlecaseLetter), ("Lm", .modifierLetter), ("Lo", .otherLetter),
        ("Mn", .nonspacingMark), ("Mc", .spacingMark), ("Me", .enclosingMark), ("Nd", .decimalNumber), ("Nl", .letterNumber),
        ("No", .otherNumber), ("Pc", .connectorPunctuation), ("Pd", .dashPunctuation), ("Ps", .openPunctuation),
        ("Pe", .closePunctuation), ("Pi", .initialPunctuation), ("Pf", .finalPunctuation), ("Po", .otherPunctuation),
        ("Sm", .mathSymbol), ("Sc", .currencySymbol), ("Sk", .modifierSymbol), ("So", .otherSymbol), ("Zs", .spaceSeparator),
        ("Zl", .lineSeparator), ("Zp", .paragraphSeparator), ("Cc", .control), ("Cf", .format), ("Cs", .surrogate), ("Co", .privateUse),
        ("Cn", .unassigned),
    ]
}
