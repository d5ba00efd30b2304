/// `[exports]`, `[documents]`
extension Language {
    static let exports = Form<[ExportDeclaration]>.byName("export", shape: export.shape) { member, reading in
        Form.table(export) { _ in ExportDeclaration(name: member.name, at: member.at) }.read(member.node, reading)
    }

    static let export = Section<ExportDeclaration>(
        keys: [
            Key("of", .collection, \.of, isRequired: true, "the collection; its filters are the export's"),
            Key("allow", .expression, \.allow, "who may ask for it, among rows that he may read; without it nobody"),
            Key("formats", .list(.choice()).filled("an export has formats"), \.formats, initial: "[\"csv\"]", "what it may be"),
            Key(
                "columns", .list(column).filled("an export has columns"), \.columns, isRequired: true,
                "paths, or `{ head = \"…\", value = \"expression\" }`"),
            Key("order", .oneOrList(.orderedExpression), \.order, "the collection's order unless said"),
            Key("expire", .duration(), \.expire, initial: "\"7d\"", "after which the file goes"),
            Key("notify", .notice, \.notice, "the notification to who asked; `link` in its text"),
        ]
    )

    private static let column = Form<ExportDeclaration.Column>(
        shape: .either([Form<String>.fieldPath.shape, exportColumn.shape])
    ) { node, reading in
        guard node.table == nil else {
            return Form.table(exportColumn) { ExportDeclaration.Column(head: "", value: Located("", at: $0.at)) }.read(node, reading)
        }
        return Form<String>.fieldPath.located.read(node, reading).map { ExportDeclaration.Column(head: $0.value, value: $0) }
    }

    private static let exportColumn = Section<ExportDeclaration.Column>(keys: [
        Key("head", .text(), \.head, isRequired: true, "what stands above it"),
        Key("value", .expression, \.value, isRequired: true, "what stands in it"),
    ])

    static let documents = Form<[DocumentDeclaration]>.byName("document", shape: document.shape) { member, reading in
        Form.table(document) { _ in DocumentDeclaration(name: member.name, at: member.at) }.read(member.node, reading)
    }

    static let document = Section<DocumentDeclaration>(
        keys: [
            Key("of", .collection, \.of, isRequired: true, "whose records"),
            Key("into", name("field name"), \.into, isRequired: true, "the media field that takes it"),
            Key("file", .template, \.file, isRequired: true, "its name, such as `\"invoice-{{ number }}.pdf\"`"),
            Key("page", page, \.page, "the paper"),
            Key("body", .list(block).filled("a document has a body"), \.body, isRequired: true, "what stands on it, from above"),
        ]
    ) { document, table, reading in
        if !document.into.value.isEmpty { check(document.into, isFieldOf: document.of.value, reading) }
    }

    static let page = Section<DocumentDeclaration.Page>(keys: [
        Key("size", .choice(), \.size, initial: "\"A4\"", "its size"),
        Key("margin", .length, \.margin, initial: "\"20mm\"", "on all sides: mm, cm, in, pt"),
        Key("font", .text(), \.font, "a font of this machine; one that has the locale's letters unless said"),
    ])

    private static let block = Form<DocumentDeclaration.Block>.table(blockSection) { DocumentDeclaration.Block(at: $0.at) }

    private static let blockSection = Section<DocumentDeclaration.Block>(
        keys: [
            Key("title", .template, \.title, "a heading"),
            Key("text", .template, \.text, "a paragraph"),
            Key("columns", columns, \.columns, "templates side by side; beside `table` its columns"),
            Key("table", Form.fieldPath.located, \.rows, "rows: a path to records"),
            Key("totals", .list(total), \.totals, "`[\"label\", \"template\"]`, one below the other"),
            Key("markdown", name("field name"), \.markdown, "a field whose text, or whose file, is Markdown"),
            Key("image", Form.fieldPath.located, \.image, "a media field"),
            Key("when", .expression, \.when, "only where this holds"),
        ], check: checkBlock)

    @Sendable private static func checkBlock(_ block: inout DocumentDeclaration.Block, _ table: TOMLTable, _ reading: Reading) {
        let kinds = ["title", "text", "columns", "table", "totals", "markdown", "image"]
        // `columns` alone is a block, and part of one beside `table`.
        let isTable = table["table"] != nil
        guard only(isTable ? kinds.filter { $0 != "columns" } : kinds, of: table, at: block.at, length: 1, reading) != nil else { return }
        guard let columns = table["columns"] else {
            if let member = table["table"] { reading.report("'table' needs 'columns'", key: member) }
            return
        }
        for item in columns.node.array ?? [] where (item.table == nil) == isTable {
            reading.report(
                isTable ? "a column of a table is { head, value }" : "a column is a template here", item,
                suggestion: isTable ? "write { head = \"…\", value = \"{{ … }}\" }" : "'table' is missing, or take out the braces")
        }
    }

    /// Templates, or columns of a table: the block's check says which.
    private static let columns = Form<[DocumentDeclaration.TableColumn]>.list(
        Form(shape: .either([Form<Located<String>>.template.shape, tableColumn.shape])) { node, reading in
            guard node.table == nil else {
                let empty = DocumentDeclaration.TableColumn(head: "", value: Located("", at: node.at))
                return Form.table(tableColumn) { _ in empty }.read(node, reading)
            }
            return Form<Located<String>>.template.read(node, reading).map { DocumentDeclaration.TableColumn(head: "", value: $0) }
        })

    private static let tableColumn = Section<DocumentDeclaration.TableColumn>(keys: [
        Key("head", .text(), \.head, isRequired: true, "what stands above it"),
        Key("value", .template, \.value, isRequired: true, "what stands in it"),
        Key("align", .choice(), \.align, initial: "\"start\"", "where in it"),
    ])

    private static let total = Form<(label: String, value: Located<String>)>(shape: .list(Form<Located<String>>.template.shape)) {
        node, reading in
        guard let items = node.array, items.count == 2 else {
            reading.report("a total is a label and a template", node, suggestion: "write [\"Total\", \"{{ total }}\"]")
            return nil
        }
        guard let label = Form<String>.prose.read(items[0], reading), let value = Form<Located<String>>.template.read(items[1], reading)
        else {
            return nil
        }
        return (label, value)
    }
}

/// Each kind of content under the key that says it; a table's rows and columns come by two.
extension DocumentDeclaration.Block {
    fileprivate var title: Located<String>? {
        get { nil }
        set { if let newValue { content = .title(newValue) } }
    }

    fileprivate var text: Located<String>? {
        get { nil }
        set { if let newValue { content = .text(newValue) } }
    }

    fileprivate var markdown: Located<String>? {
        get { nil }
        set { if let newValue { content = .markdown(newValue) } }
    }

    fileprivate var image: Located<String>? {
        get { nil }
        set { if let newValue { content = .image(newValue) } }
    }

    fileprivate var totals: [(label: String, value: Located<String>)] {
        get { [] }
        set { content = .totals(newValue) }
    }

    fileprivate var rows: Located<String>? {
        get { nil }
        set {
            guard let newValue else { return }
            if case .columns(let templates) = content {
                content = .table(rows: newValue, columns: templates.map { DocumentDeclaration.TableColumn(head: "", value: $0) })
            } else {
                content = .table(rows: newValue, columns: [])
            }
        }
    }

    fileprivate var columns: [DocumentDeclaration.TableColumn] {
        get { [] }
        set {
            if case .table(let rows, _) = content {
                content = .table(rows: rows, columns: newValue)
            } else {
                content = .columns(newValue.map(\.value))
            }
        }
    }
}
