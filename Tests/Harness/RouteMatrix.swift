package import JSON
package import NIOHTTP1
import Testing

/// One route and who gets through it, said by hand: the oracle of a matrix. Callers are letters; "a" is the anonymous one.
package struct Route: Sendable {
    package enum Nature: Sendable {
        /// Everybody gets an answer; what it shows differs.
        case list(shows: [(record: String, to: String)])
        /// One record: who may not read it gets 404.
        case read
        /// A write of something: whoever sees it and may not gets 403, whoever does not see it 404.
        case write
        /// A route of its own without a record, such as a view: 403.
        case gate
    }

    package var method: HTTPMethod
    /// Below /api/v1, with `{record}` or `{record.part}` for what the matrix's records give. In the body's strings likewise.
    package var path: String
    package var body: JSONValue?
    package var nature: Nature
    /// Who gets through.
    package var by: String
    /// Who sees the record that is addressed; nil: all.
    package var seenBy: String?
    /// Whether no anonymous caller ever reads of this: then he gets 401 instead of 404 or an empty list.
    package var isClosed = false
    package var status: Int
    /// Whether success uses its record up.
    package var isFresh = false
    /// Callers that are asked; nil: all. For a body that some callers cannot even name without a fault of its own.
    package var among: String?

    package func among(_ letters: String) -> Route {
        var route = self
        route.among = letters
        return route
    }

    package func seen(by letters: String) -> Route {
        var route = self
        route.seenBy = letters
        return route
    }
}

extension Route {
    package static func list(_ path: String, closed: Bool = false, _ shows: (record: String, to: String)...) -> Route {
        Route(method: .GET, path: path, nature: .list(shows: shows), by: "", isClosed: closed, status: 200)
    }

    package static func read(_ path: String, by: String, closed: Bool = false) -> Route {
        Route(method: .GET, path: path, nature: .read, by: by, isClosed: closed, status: 200)
    }

    /// A route that shows something of a record to fewer than may read the record.
    package static func inner(_ path: String, by: String, seenBy: String) -> Route {
        Route(method: .GET, path: path, nature: .write, by: by, seenBy: seenBy, status: 200)
    }

    package static func gate(_ path: String, by: String) -> Route {
        Route(method: .GET, path: path, nature: .gate, by: by, isClosed: true, status: 200)
    }

    package static func create(_ path: String, _ body: JSONValue, by: String) -> Route {
        Route(method: .POST, path: path, body: body, nature: .write, by: by, status: 201, isFresh: true)
    }

    package static func change(_ path: String, _ body: JSONValue, by: String, seenBy: String? = nil) -> Route {
        Route(method: .PATCH, path: path, body: body, nature: .write, by: by, seenBy: seenBy, status: 200)
    }

    package static func remove(_ path: String, by: String, seenBy: String? = nil) -> Route {
        Route(method: .DELETE, path: path, nature: .write, by: by, seenBy: seenBy, status: 204, isFresh: true)
    }

    package static func fire(_ path: String, _ body: JSONValue? = nil, by: String, seenBy: String? = nil, status: Int = 200) -> Route {
        Route(method: .POST, path: path, body: body, nature: .write, by: by, seenBy: seenBy, status: status, isFresh: true)
    }

    package static func put(_ path: String, _ body: JSONValue? = nil, by: String, seenBy: String? = nil, status: Int = 200) -> Route {
        Route(method: .PUT, path: path, body: body, nature: .write, by: by, seenBy: seenBy, status: status)
    }

    /// What this caller must be answered: 04-api and 11-precisions 12, as naively as they can be said.
    func expected(_ caller: Character) -> Int {
        // A list within a record that is not seen is not there either.
        if case .list = nature { return caller == "a" && isClosed ? 401 : seenBy?.contains(caller) ?? true ? 200 : 404 }
        if by.contains(caller) { return status }
        switch nature {
        case .list: return 200
        case .read: return caller == "a" && isClosed ? 401 : 404
        case .gate: return caller == "a" ? 401 : 403
        case .write: return caller == "a" ? 401 : seenBy?.contains(caller) ?? true ? 403 : 404
        }
    }

    /// The method and the path with every placeholder alike.
    var shape: String { "\(method) \(Self.shape(path))" }

    static func shape(_ path: String) -> String {
        path.split(separator: "?")[0].split(separator: "/").map { segment in
            guard let open = segment.firstIndex(of: "{") else { return String(segment) }
            // An edge's key is one segment, whatever it is made of.
            return segment[..<open].hasSuffix(":") || open == segment.startIndex ? "{}" : String(segment)
        }.joined(separator: "/")
    }
}

/// Walks every route as every caller and compares with the table. Records are made by name as they are needed.
package struct RouteMatrix: Sendable {
    /// Makes the named record for a caller and gives its parts: "id", or whatever the paths name after the dot.
    package typealias Make = @Sendable (_ record: String, _ caller: Character) async throws -> [String: String]

    package var callers: [(letter: Character, client: Client)]
    package var routes: [Route]
    package var make: Make
    /// Records that are another one for each caller, such as a file of his own.
    package var personal: Set<String> = []

    package init(callers: [(letter: Character, client: Client)], personal: Set<String> = [], routes: [Route], make: @escaping Make) {
        self.callers = callers
        self.routes = routes
        self.make = make
        self.personal = personal
    }

    package func walk() async throws {
        var shared: [String: [String: String]] = [:]
        for route in routes {
            for (letter, client) in callers where route.among?.contains(letter) ?? true {
                let expected = route.expected(letter)
                // What a success uses up is made anew for it; a refusal leaves its record as it was.
                var own: [String: [String: String]] = [:]
                let isSuccess = expected < 300
                func part(_ name: String) async throws -> String {
                    let pieces = name.split(separator: ".").map(String.init)
                    let record = pieces[0]
                    let parts: [String: String]
                    if let known = own[record] {
                        parts = known
                    } else if personal.contains(record) || route.isFresh && isSuccess {
                        parts = try await make(record, letter)
                        own[record] = parts
                    } else if let known = shared[record] {
                        parts = known
                    } else {
                        parts = try await make(record, "d")
                        shared[record] = parts
                    }
                    return parts[pieces.count > 1 ? pieces[1] : "id"] ?? "no-\(name)"
                }
                var path = try await Self.filled(route.path, part)
                var shown: [(id: String, to: String)] = []
                if case .list(let shows) = route.nature {
                    for (record, to) in shows { shown.append((try await part(record), to)) }
                    path += "?page_size=100"
                }
                let body = try await route.body?.filled(part)
                let answer = try await client.tries(route.method, path, body)
                let request = "\(route.shape) as \(letter) (\(client.name)), \(path)"
                #expect(answer.status == expected, "\(request): \(String(decoding: answer.body.prefix(500), as: UTF8.self))")
                guard answer.status == 200 else { continue }
                let text = answer.data.text
                for (id, to) in shown { #expect(text.contains(id) == to.contains(letter), "\(request): is \(id) shown") }
            }
        }
    }

    /// The table is whole: it has every operation of the document but those below `apart`, and no other.
    package func isWhole(_ document: JSONValue, apart: [String]) {
        let methods = ["get", "post", "put", "patch", "delete"]
        var described: Set<String> = []
        for path in document["paths"]?.members ?? [] {
            // What stands beside the API (files, health) has no rules of collections.
            guard path.name.hasPrefix("/api/v1") else { continue }
            let name = String(path.name.dropFirst("/api/v1".count))
            if apart.contains(where: { name == $0 || name.hasPrefix($0 + "/") }) { continue }
            // What nobody may do is described by its refusals alone.
            for method in methods where path.value[method]?["responses"]?.members?.contains(where: { $0.name.hasPrefix("2") }) == true {
                described.insert("\(method.uppercased()) \(Route.shape(name))")
            }
        }
        let said = Set(routes.map(\.shape)).filter { shape in
            !apart.contains { "/\(shape.split(separator: " ")[1])".hasPrefix($0 + "/") || "/\(shape.split(separator: " ")[1])" == $0 }
        }
        #expect(described.subtracting(said).sorted() == [], "described, and nobody said who may")
        #expect(said.subtracting(described).sorted() == [], "said, and not described")
    }

    private static func filled(_ text: String, _ part: (String) async throws -> String) async throws -> String {
        var result = ""
        var rest = text[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            result += rest[..<open]
            result += try await part(String(rest[rest.index(after: open)..<close]))
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }
}

extension JSONValue {
    /// The same with placeholders in its strings filled.
    fileprivate func filled(_ part: (String) async throws -> String) async throws -> JSONValue {
        switch self {
        case .string(let text):
            guard text.hasPrefix("{") || text.contains(":{"), let open = text.firstIndex(of: "{"), text.hasSuffix("}") else { return self }
            let name = String(text[text.index(after: open)...].dropLast())
            return .string(String(text[..<open]) + (try await part(name)))
        case .array(let items):
            var result: [JSONValue] = []
            for item in items { result.append(try await item.filled(part)) }
            return .array(result)
        case .object(let members):
            var result: [JSONMember] = []
            for member in members { result.append(JSONMember(name: member.name, value: try await member.value.filled(part))) }
            return .object(result)
        default: return self
        }
    }
}
