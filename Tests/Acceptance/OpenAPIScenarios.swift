import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("OpenAPI: the document is the API")
struct OpenAPIScenarios {
    @Test("Version 3.1, every route of the collections, unique operation ids, no dangling reference")
    func document() async throws {
        try await Site.run { site in
            let answer = Answer(try await site.api.open(.GET, "//openapi.json").finish())
            #expect(answer.status == 200)
            let document = try #require(answer.json)
            #expect(document["openapi"]?.string?.hasPrefix("3.1") == true)
            let paths = try #require(document["paths"]?.members)
            let names = Set(paths.map { $0.name.hasPrefix("/api/v1") ? String($0.name.dropFirst("/api/v1".count)) : $0.name })
            for path in [
                "/posts", "/posts/{id}", "/posts/{id}/publish", "/comments", "/tags", "/auth/login", "/auth/signup", "/me", "/media",
            ] {
                #expect(names.contains(path), "\(path) is not described")
            }
            let operations = paths.flatMap { $0.value.members ?? [] }.compactMap { $0.value["operationId"]?.string }
            #expect(Set(operations).count == operations.count)
            for operation in ["listPosts", "createPost", "publishPost"] { #expect(operations.contains(operation), "\(operation)") }
            for reference in document.references() {
                let target = reference.split(separator: "/").dropFirst().reduce(document as JSONValue?) { $0?[String($1)] }
                #expect(target != nil, "\(reference) leads nowhere")
            }
            let references = Set(document.references())
            for kind in ["schemas", "responses"] {
                for component in document["components"]?[kind]?.members ?? [] {
                    #expect(references.contains("#/components/\(kind)/\(component.name)"), "nothing leads to \(component.name)")
                }
            }
            // The private never appears, not even by name.
            #expect(!document.text.contains("password_hash"))
        }
    }
}

extension JSONValue {
    /// Every `$ref` within.
    fileprivate func references() -> [String] {
        switch self {
        case .array(let items): items.flatMap { $0.references() }
        case .object(let members):
            members.flatMap { member in
                if member.name == "$ref", let text = member.value.string { [text] } else { member.value.references() }
            }
        default: []
        }
    }
}
