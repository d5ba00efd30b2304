/// The elements that sanitised text may have (docs/html.md). What is not here loses its tags and keeps its content, or is in
/// `Tag.dropped` and loses both.
enum Element: String, CaseIterable, Sendable {
    case a, abbr, address, article, aside, b, bdi, bdo, blockquote, br, caption, cite, code, col, colgroup, dd, del, details, dfn, div, dl,
        dt
    case em, figcaption, figure, footer, h1, h2, h3, h4, h5, h6, header, hr, i, img, ins, kbd, li, mark, ol, p, pre, q, rp, rt, ruby, s,
        samp
    case section, small, span, strong, sub, summary, sup, table, tbody, td, tfoot, th, thead, time, tr, u, ul, `var`, wbr

    /// What the balancer has to know of an element.
    struct Traits: OptionSet, Sendable {
        let rawValue: UInt16

        /// Has no content and no end tag.
        static let void = Traits(rawValue: 1)
        /// Its start tag ends an open paragraph or heading.
        static let block = Traits(rawValue: 2)
        /// A paragraph or heading: no block stands in it.
        static let phrasing = Traits(rawValue: 4)
        static let heading = Traits(rawValue: 8)
        /// Has only parts of tables and white space in it.
        static let structure = Traits(rawValue: 16)
        /// `td`, `th`, `caption`: no tag within reaches out of it but those of the table itself.
        static let cell = Traits(rawValue: 32)
        /// Stands in a structure only.
        static let part = Traits(rawValue: 64)
        static let section = Traits(rawValue: 128)
        static let list = Traits(rawValue: 256)
        static let item = Traits(rawValue: 512)
        /// `dt` and `dd`.
        static let description = Traits(rawValue: 1024)
        /// A container that ends the search for an item's predecessor ("special" in the standard, without `address`, `div` and `p`).
        static let special = Traits(rawValue: 2048)
        /// Text on either side of its tags is not one word.
        static let separates = Traits(rawValue: 4096)
    }

    var traits: Traits {
        switch self {
        case .a, .abbr, .b, .bdi, .bdo, .cite, .code, .del, .dfn, .em, .i, .ins, .kbd, .mark, .q, .rp, .rt, .ruby, .s, .samp, .small, .span,
            .strong, .sub, .sup, .time, .u, .var:
            []
        case .img, .wbr: .void
        case .br: [.void, .separates]
        case .hr: [.void, .block, .separates]
        case .address, .div: [.block, .separates]
        case .article, .aside, .blockquote, .details, .figcaption, .figure, .footer, .header, .pre, .section, .summary, .dl:
            [.block, .special, .separates]
        case .p: [.block, .phrasing, .separates]
        case .h1, .h2, .h3, .h4, .h5, .h6: [.block, .phrasing, .heading, .special, .separates]
        case .ol, .ul: [.block, .list, .special, .separates]
        case .li: [.block, .item, .special, .separates]
        case .dd, .dt: [.block, .description, .special, .separates]
        case .table: [.block, .structure, .special, .separates]
        case .colgroup, .tr: [.structure, .part, .special, .separates]
        case .tbody, .tfoot, .thead: [.structure, .part, .section, .special, .separates]
        case .col: [.void, .part, .separates]
        case .caption, .td, .th: [.part, .cell, .special, .separates]
        }
    }

    /// The attributes that it may have beside those of every element.
    var attributes: Attribute.Names {
        switch self {
        case .a: [.href, .target, .rel, .hreflang]
        case .img: [.src, .alt, .width, .height, .loading]
        case .ol: [.start, .reversed, .type]
        case .li: .value
        case .td: [.colspan, .rowspan]
        case .th: [.colspan, .rowspan, .scope]
        case .col, .colgroup: .span
        case .blockquote, .q: .cite
        case .del, .ins: [.cite, .datetime]
        case .time: .datetime
        case .details: .open
        case .code: .class
        default: []
        }
    }
}

/// What a tag's name means to the reader of a text.
enum Tag: Equatable, Sendable {
    case element(Element)
    /// Goes with all that is in it. `mode` is how the tokenizer reads its content.
    case dropped(Tokenizer.TextMode)
    /// `svg` and `math`, dropped as well: CDATA sections and self-closing tags mean something in them, raw text does not.
    case foreign

    /// Every name that means something.
    static let names = NameTable(vocabulary.map(\.name), foldsCase: true)
    /// What it means, by index in `names`.
    static let meanings = vocabulary.map(\.tag)

    static let vocabulary: [(name: String, tag: Tag)] =
        Element.allCases.map { ($0.rawValue, .element($0)) } + renamed.map { ($0, .element($1)) }
        + dropped.map { ($0, .dropped($1)) } + ["svg", "math"].map { ($0, .foreign) }

    /// Blocks without a place here become the nearest that has one, so that they still end paragraphs and words.
    private static let renamed: [(String, Element)] = [
        ("center", .div), ("dialog", .div), ("fieldset", .div), ("hgroup", .div), ("main", .div), ("nav", .div), ("search", .div),
        ("dir", .ul),
        ("menu", .ul), ("listing", .pre), ("strike", .s), ("tt", .code), ("acronym", .abbr), ("image", .img),
    ]

    private static let dropped: [(String, Tokenizer.TextMode)] = [
        ("script", .script), ("style", .raw), ("iframe", .raw), ("noscript", .raw), ("noembed", .raw), ("noframes", .raw), ("xmp", .raw),
        ("textarea", .escapable), ("title", .escapable), ("plaintext", .plaintext), ("template", .data), ("select", .data),
        ("object", .data),
        ("form", .data),
    ]
}
