import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("Relations: the document")
struct DocumentScenarios {
    struct Sample: Sendable, CustomTestStringConvertible {
        var name: String
        var collections: String
        var operations: Set<String>
        var absent: Set<String> = []
        var testDescription: String { name }
    }

    @Test(
        "Every route with a name of its own, no reference into nothing",
        arguments: [
            Sample(
                name: "members", collections: MemberScenarios.salons,
                operations: ["setSalonOwners", "addSalonOwners", "removeSalonOwner", "setSalonServices", "addSalonServices"]),
            Sample(
                name: "edges", collections: EdgeScenarios.town,
                operations: ["putFollow", "getFollow", "deleteFollow", "listFollows", "muteFollow"],
                absent: ["createFollow", "updateFollow", "restoreFollow"]),
            Sample(
                name: "trees", collections: TreeScenarios.blog,
                operations: ["reorderCategories", "listItemsOfMenu", "listMenuItems", "listMenuItemsOfMenuItem"], absent: ["reorderPosts"]),
            Sample(
                name: "nested", collections: NestedScenarios.shop, operations: ["listItemsOfOrder", "getSetting", "updateSetting"],
                absent: ["listSettings", "createSetting", "deleteSetting"]),
            Sample(name: "values", collections: ExpansionScenarios.town, operations: ["getMediaContent"], absent: ["listCitiesOfProvince"]),
        ])
    func document(_ sample: Sample) async throws {
        try await RelationSite.run(sample.collections) { site in
            let document = try #require(Answer(try await site.api.open(.GET, "//openapi.json").finish()).json)
            let operations = (Self.members(document["paths"]))
                .flatMap { Self.members($0.value) }.compactMap { $0.value["operationId"]?.string }
            #expect(Set(operations).count == operations.count)
            #expect(sample.operations.subtracting(operations) == [])
            #expect(sample.absent.intersection(operations) == [])
            for reference in Self.references(document) {
                let target = reference.split(separator: "/").dropFirst().reduce(document as JSONValue?) { $0?[String($1)] }
                #expect(target != nil, "\(reference) leads nowhere")
            }
        }
    }

    private static func members(_ value: JSONValue?) -> [JSONMember] {
        if case .object(let members)? = value { members } else { [] }
    }

    private static func references(_ value: JSONValue) -> Set<String> {
        switch value {
        case .array(let items): items.reduce(into: []) { $0.formUnion(references($1)) }
        case .object(let members):
            members.reduce(into: []) { found, member in
                if member.name == "$ref", let text = member.value.string {
                    found.insert(text)
                } else {
                    found.formUnion(references(member.value))
                }
            }
        default: []
        }
    }
}
