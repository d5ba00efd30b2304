/// `[exports.<name>]`: a collection as a file, made by a job.
package struct ExportDeclaration: Sendable {
    package enum Format: String, Sendable, CaseIterable { case csv, xlsx, pdf }
    package struct Column: Sendable {
        package var head: String
        package var value: Located<String>
    }

    package var name: String
    package var at: Location
    package var of: Located<String>
    package var allow: Located<String>?
    package var formats: [Format] = [.csv]
    package var columns: [Column] = []
    package var order: [Located<String>] = []
    /// After which the file goes.
    package var expire: Int64 = 7 * 86_400_000
    /// Who asked for it is told by this `[notify.<n>]`; nil: by nothing.
    package var notice: Located<String>?

    package init(name: String, at: Location) {
        self.name = name
        self.at = at
        of = Located("", at: at)
    }
}

/// `[documents.<name>]`: a record as a PDF, made by a job.
package struct DocumentDeclaration: Sendable {
    package var name: String
    package var at: Location
    package var of: Located<String>
    /// The media field that takes it.
    package var into: Located<String>
    /// A template.
    package var file: Located<String>
    package var page = Page()
    package var body: [Block] = []

    package init(name: String, at: Location) {
        self.name = name
        self.at = at
        of = Located("", at: at)
        into = of
        file = of
    }

    package struct Page: Sendable {
        package enum Size: String, Sendable, CaseIterable { case A4, A5, Letter, Legal }
        package var size = Size.A4
        /// Micrometres.
        package var margin: Int64 = 20_000
        package var font: String?

        package init() {}
    }

    /// One part of the page, from above.
    package struct Block: Sendable {
        package enum Content: Sendable {
            /// Templates.
            case title(Located<String>)
            case text(Located<String>)
            /// Side by side.
            case columns([Located<String>])
            /// Rows by a path; a template for each column.
            case table(rows: Located<String>, columns: [TableColumn])
            /// Label and template.
            case totals([(label: String, value: Located<String>)])
            /// A field whose text, or whose file, is Markdown.
            case markdown(Located<String>)
            /// A media field.
            case image(Located<String>)
        }
        package var at: Location
        package var content: Content
        package var when: Located<String>?

        package init(at: Location) {
            self.at = at
            content = .text(Located("", at: at))
        }
    }

    package struct TableColumn: Sendable {
        package enum Align: String, Sendable, CaseIterable { case start, center, end }
        package var head: String
        package var value: Located<String>
        package var align = Align.start
    }
}
