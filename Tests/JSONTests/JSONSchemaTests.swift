import Conformance
import Ports
import Testing

@testable import JSON

@Suite struct JSONSchemaTests {
    private func compile(_ text: String) throws -> JSONSchema { try JSONSchema(try JSONParser.parse(text)) }

    /// Each keyword with what fits and what does not.
    @Test(arguments: keywords)
    func keyword(_ schema: String, _ valid: [String], _ invalid: [String]) throws {
        let schema = try compile(schema)
        for text in valid { #expect(schema.faults(in: try JSONParser.parse(text)) == [], "\(text)") }
        for text in invalid { #expect(!schema.faults(in: try JSONParser.parse(text)).isEmpty, "\(text)") }
    }

    @Test(arguments: refused)
    func refusesAtLoad(_ schema: String, _ pointer: String) throws {
        let error = #expect(throws: JSONSchemaError.self) { try compile(schema) }
        #expect(error?.pointer == pointer, "\(error?.description ?? "")")
    }

    @Test func aMisspeltKeywordIsNamed() throws {
        let error = #expect(throws: JSONSchemaError.self) { try compile(##"{"minLenght":1}"##) }
        #expect(error?.description == "unknown keyword 'minLenght'; did you mean 'minLength'? at #/minLenght")
        let pattern = #expect(throws: JSONSchemaError.self) { try compile(##"{"pattern":"ab("}"##) }
        #expect(pattern?.description.contains("character 3") == true)
    }

    /// Everything that is wrong, where it is.
    @Test func faultsTellTheirPlaces() throws {
        let schema = try compile(
            """
            {"type": "object", "additionalProperties": false, "patternProperties": {"^(sat|sun)$": {"type": "array", "maxItems": 2, "items":
              {"type": "object", "additionalProperties": false, "required": ["from", "to"], "properties":
                {"from": {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}, "to": {"type": "string"}}}}}}
            """)
        let value = try JSONParser.parse(##"{"sat":[{"from":"24:00","to":1}],"sun":[{},{"from":"09:00","to":"","x":0},1],"mon":[]}"##)
        let faults = schema.faults(in: value, path: "hours").map { "\($0.path) \($0.code)" }
        #expect(
            faults == [
                "hours.sat[0].from pattern", "hours.sat[0].to type", "hours.sun max", "hours.sun[0].from required",
                "hours.sun[0].to required",
                "hours.sun[1].x unknown", "hours.sun[2] type", "hours.mon unknown",
            ])
        #expect(schema.faults(in: "x").map { "\($0.path): \($0.message)" } == [": must be an object, not a string"])
    }

    @Test func workIsBounded() throws {
        let definitions = (0..<40).map { ##""d\##($0)":{"allOf":[{"$ref":"#/$defs/d\##($0 + 1)"},{"$ref":"#/$defs/d\##($0 + 1)"}]}"## }
        let exponential = try compile(##"{"$ref":"#/$defs/d0","$defs":{\##(definitions.joined(separator: ",")),"d40":{"type":"string"}}}"##)
        #expect(exponential.faults(in: "x", path: "f").map(\.code) == ["limit"])
        #expect(
            try compile(##"{"not":{"$ref":"#/$defs/d0"},"$defs":{\##(definitions.joined(separator: ",")),"d40":{"type":"string"}}}"##)
                .faults(in: "x").map(\.code) == ["limit"])
        let slow = try compile(##"{"pattern":"(a?){500}a{500}!"}"##)
        #expect(slow.faults(in: .string(String(repeating: "a", count: 100_000))).map(\.code) == ["limit"])
        let many = try compile(##"{"items":{"type":"string"}}"##).faults(in: .array(Array(repeating: 1, count: 100_000)))
        #expect(many.count == JSONSchema.mostFaults)
        #expect(
            try compile(##"{"items":{"type":"integer"},"uniqueItems":true}"##).faults(in: .array((0..<100_000).map { .integer($0) }))
                .isEmpty)
        let chain = (0..<1_000).map { ##""d\##($0)":{"$ref":"#/$defs/d\##($0 + 1)"}"## }
        #expect(throws: JSONSchemaError.self) {
            try compile(##"{"$ref":"#/$defs/d0","$defs":{\##(chain.joined(separator: ",")),"d1000":true}}"##)
        }
    }

    /// Documents at random are schemas or refused, and nothing traps.
    @Test func mutationsNeverTrap() throws {
        let random = SeededRandom(3)
        let keywords = [
            "type", "enum", "items", "prefixItems", "properties", "required", "not", "anyOf", "$ref", "$defs", "if", "then", "minimum",
            "multipleOf", "pattern", "contains", "minContains", "a",
        ]
        let leaves: [JSONValue] = [
            "string", "integer", "#", "#/items", "#/$defs/a", "^a", 0, 1, -1, true, false, .null, .number("1e400"), .number("0.5"), ["a"],
            [], [:],
        ]
        func next(_ bound: Int) -> Int { Int(random.bytes(1)[0]) % bound }
        func value(_ depth: Int) -> JSONValue {
            switch depth == 0 ? 0 : next(4) {
            case 0: leaves[next(leaves.count)]
            case 1: .array((0..<next(3)).map { _ in value(depth - 1) })
            default:
                .object(
                    Set((0..<next(5)).map { _ in keywords[next(keywords.count)] }).sorted().map {
                        JSONMember(name: $0, value: value(depth - 1))
                    })
            }
        }
        var compiled = 0
        for _ in 0..<20_000 {
            guard let schema = try? JSONSchema(value(3)) else { continue }
            compiled += 1
            _ = schema.faults(in: value(3), path: "f")
        }
        #expect(compiled > 1_000)
    }
}

private let keywords: [(schema: String, valid: [String], invalid: [String])] = [
    ("true", ["1", "{}"], []), ("false", [], ["1", "null"]), ("{}", ["1"], []),
    (##"{"type":"integer"}"##, ["1", "-3", "1.0", "1e2", "10e-1", "1e999999999"], ["1.5", "\"1\"", "null", "1e-1"]),
    (##"{"type":["string","null"]}"##, ["\"\"", "null"], ["0", "[]", "{}", "false"]), (##"{"type":"number"}"##, ["1", "1.5"], ["true"]),
    (##"{"type":"boolean"}"##, ["true"], ["0"]), (##"{"type":"array"}"##, ["[]"], ["{}"]), (##"{"type":"object"}"##, ["{}"], ["[]"]),
    (
        ##"{"enum":[1,"a",{"x":1,"y":[2]}]}"##, ["1", "1.0", "\"a\"", ##"{"y":[2.0],"x":1}"##],
        ["2", "\"b\"", ##"{"x":1}"##, ##"{"x":1,"y":[2],"z":0}"##, "true"]
    ),
    (##"{"const":0}"##, ["0", "-0", "0.0", "0e5"], ["false", "1", "\"0\""]), (##"{"const":null}"##, ["null"], ["0"]),
    (##"{"const":"é"}"##, ["\"é\""], ["\"e\\u0301\""]),
    (##"{"minimum":1.5}"##, ["1.5", "2", "\"a\"", "1e30"], ["1.4999", "-2", "1", "0"]),
    (##"{"exclusiveMinimum":0}"##, ["1e-999"], ["0", "-0.0", "-1e-9"]),
    (##"{"maximum":-1}"##, ["-1", "-1e400"], ["0", "-0.9999999999999999999999"]),
    (##"{"exclusiveMaximum":9007199254740993}"##, ["9007199254740992"], ["9007199254740993", "9007199254740993.0"]),
    (##"{"multipleOf":0.01}"##, ["19.99", "0", "-1.1", "1e300", "4.35"], ["19.999", "0.001"]),
    (##"{"multipleOf":7}"##, ["49", "-7", "0", "7e20"], ["50", "3.5", "1e20"]),
    (##"{"multipleOf":2.5}"##, ["5", "7.5", "1e9"], ["2", "1e-1"]),
    (##"{"minLength":2,"maxLength":3.0}"##, ["\"ab\"", "\"🙂🙂🙂\"", "1"], ["\"a\"", "\"abcd\"", "\"🙂\""]),
    (##"{"pattern":"^a+$"}"##, ["\"aa\"", "1"], ["\"ab\"", "\"\""]), (##"{"format":"email"}"##, ["\"x\""], []),
    (##"{"prefixItems":[{"type":"string"}],"items":{"type":"integer"}}"##, ["[]", "[\"a\"]", "[\"a\",1,2]"], ["[1]", "[\"a\",\"b\"]"]),
    (##"{"items":false}"##, ["[]"], ["[1]"]), (##"{"prefixItems":[true,true]}"##, ["[1,2,3]"], []),
    (##"{"contains":{"type":"string"}}"##, ["[1,\"a\"]", "{}"], ["[]", "[1]"]),
    (##"{"contains":{"const":1},"minContains":2,"maxContains":3}"##, ["[1,1]", "[1,2,1,1]"], ["[1]", "[1,1,1,1]"]),
    (##"{"contains":{"const":1},"minContains":0}"##, ["[]"], []), (##"{"minContains":5}"##, ["[]"], []),
    (##"{"minItems":1,"maxItems":2}"##, ["[1]", "\"\""], ["[]", "[1,2,3]"]),
    (##"{"uniqueItems":true}"##, ["[1,true,\"1\",[1],{\"a\":1}]"], ["[1,1.0]", ##"[{"a":1,"b":2},{"b":2,"a":1}]"##]),
    (##"{"uniqueItems":false}"##, ["[1,1]"], []),
    (
        ##"{"properties":{"a":{"type":"integer"}},"patternProperties":{"^x":{"type":"string"}},"additionalProperties":{"type":"null"}}"##,
        [##"{"a":1,"x1":"s","other":null}"##, "1"], [##"{"a":""}"##, ##"{"x1":1}"##, ##"{"other":1}"##]
    ),
    (
        ##"{"properties":{"xa":{"type":"integer"}},"patternProperties":{"a$":{"minimum":3}}}"##, [##"{"xa":3}"##],
        [##"{"xa":2}"##, ##"{"xa":"s"}"##]
    ),
    (##"{"additionalProperties":false}"##, ["{}"], [##"{"a":1}"##]),
    (##"{"patternProperties":{"a":true},"additionalProperties":false}"##, [##"{"ba":1}"##], [##"{"b":1}"##]),
    (##"{"propertyNames":{"maxLength":1}}"##, [##"{"a":1}"##], [##"{"ab":1}"##]),
    (##"{"minProperties":1,"maxProperties":1}"##, [##"{"a":1}"##], ["{}", ##"{"a":1,"b":1}"##]),
    (##"{"required":["a"]}"##, [##"{"a":null}"##, "[]"], ["{}"]),
    (##"{"dependentRequired":{"a":["b"]}}"##, ["{}", ##"{"a":1,"b":1}"##, ##"{"b":1}"##], [##"{"a":1}"##]),
    (##"{"dependentSchemas":{"a":{"required":["b"]}}}"##, ["{}", ##"{"a":1,"b":1}"##], [##"{"a":1}"##]),
    (##"{"allOf":[{"minimum":1},{"maximum":2}]}"##, ["1"], ["0", "3"]),
    (##"{"anyOf":[{"type":"string"},{"minimum":2}]}"##, ["\"\"", "2", "null"], ["1"]),
    (##"{"oneOf":[{"multipleOf":2},{"multipleOf":3}]}"##, ["2", "3"], ["6", "1"]), (##"{"not":{"type":"string"}}"##, ["1"], ["\"\""]),
    (##"{"if":{"minimum":10},"then":{"multipleOf":10},"else":{"maximum":5}}"##, ["20", "5", "\"\""], ["11", "6"]),
    (##"{"then":false,"else":false}"##, ["1"], []),
    (##"{"$ref":"#/$defs/a","$defs":{"a":{"type":"string"}},"minLength":2}"##, ["\"ab\""], ["1", "\"a\""]),
    (##"{"$defs":{"a~b/c %":{"type":"null"}},"$ref":"#/$defs/a~0b~1c%20%25"}"##, ["null"], ["1"]),
    (
        ##"{"type":"object","properties":{"next":{"$ref":"#"}},"additionalProperties":false}"##, [##"{"next":{"next":{}}}"##],
        [##"{"next":{"next":{"x":1}}}"##, ##"{"next":1}"##]
    ),
    (##"{"items":{"$ref":"#/prefixItems/0"},"prefixItems":[{"type":"string"}]}"##, ["[\"a\",\"b\"]"], ["[\"a\",1]"]),
    (##"{"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://a.example/b","title":"t","x-note":1}"##, ["1"], []),
]
private let refused: [(schema: String, pointer: String)] = [
    ("1", ""), (##"{"type":"strnig"}"##, "/type"), (##"{"type":[]}"##, "/type"), (##"{"type":1}"##, "/type"),
    (##"{"properties":{"a/b":{"minLenght":1}}}"##, "/properties/a~1b/minLenght"),
    (##"{"properties":[]}"##, "/properties"), (##"{"properties":{"a":1}}"##, "/properties/a"), (##"{"required":["a","a"]}"##, "/required"),
    (##"{"required":[1]}"##, "/required"), (##"{"required":true}"##, "/required"),
    (##"{"minLength":-1}"##, "/minLength"), (##"{"minLength":1.5}"##, "/minLength"), (##"{"maxItems":"3"}"##, "/maxItems"),
    (##"{"maxItems":1e99}"##, "/maxItems"), (##"{"minimum":"1"}"##, "/minimum"), (##"{"multipleOf":0}"##, "/multipleOf"),
    (##"{"multipleOf":-2}"##, "/multipleOf"), (##"{"multipleOf":1.2345678901234567891}"##, "/multipleOf"), (##"{"enum":1}"##, "/enum"),
    (##"{"uniqueItems":1}"##, "/uniqueItems"), (##"{"pattern":"(?=a)"}"##, "/pattern"), (##"{"pattern":1}"##, "/pattern"),
    (##"{"patternProperties":{"(":true}}"##, "/patternProperties/("), (##"{"allOf":[]}"##, "/allOf"), (##"{"anyOf":{}}"##, "/anyOf"),
    (##"{"oneOf":[{},{"not":0}]}"##, "/oneOf/1/not"), (##"{"items":[{}]}"##, "/items"),
    (##"{"$defs":{"a":{"type":"x"}}}"##, "/$defs/a/type"), (##"{"$ref":"#/$defs/a"}"##, "/$ref"), (##"{"$ref":"other.json"}"##, "/$ref"),
    (##"{"$ref":"https://a.example/"}"##, "/$ref"), (##"{"$ref":"#anchor"}"##, "/$ref"), (##"{"$ref":"#/%zz"}"##, "/$ref"),
    (##"{"$ref":"#/a~2"}"##, "/$ref"),
    (##"{"$anchor":"a"}"##, "/$anchor"), (##"{"$dynamicRef":"#a"}"##, "/$dynamicRef"),
    (##"{"unevaluatedProperties":false}"##, "/unevaluatedProperties"), (##"{"definitions":{}}"##, "/definitions"),
    (##"{"$vocabulary":{}}"##, "/$vocabulary"),
    (##"{"$schema":"http://json-schema.org/draft-07/schema#"}"##, "/$schema"), (##"{"items":{"$id":"x"}}"##, "/items/$id"),
    (##"{"$ref":"#"}"##, ""), (##"{"not":{"$ref":"#"}}"##, ""),
    (##"{"$ref":"#/$defs/a","$defs":{"a":{"anyOf":[true,{"$ref":"#/$defs/b"}]},"b":{"if":{"$ref":"#/$defs/a"}}}}"##, "/$defs/a"),
    (##"{"then":1}"##, "/then"), (##"{"minContains":-1}"##, "/minContains"),
]
