#include "CTOML.h"

// toml++ asserts what its parser expects of itself, and in a release build lets the optimiser rely on it. Some texts (`[,]`) break such an
// assertion in 3.3.0, so it is always checked and thrown, and `ctoml_parse` makes a fault of it.
#undef NDEBUG
namespace ctoml {
struct BrokenInvariant {};
} // namespace ctoml
#define TOML_ASSERT(...) ((__VA_ARGS__) ? void() : throw ctoml::BrokenInvariant())
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <algorithm>
#include <new>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Node {
    ctoml_node plain{};
    std::string key;
    std::string text;
    std::vector<size_t> children;
};

ctoml_position position(const toml::source_position &place) { return {place.line, place.column}; }

bool breaks(std::string_view text) {
    try {
        (void)toml::parse(text);
        return false;
    } catch (const ctoml::BrokenInvariant &) {
        return true;
    }
}

/// Where the parser broke: the end of the shortest beginning of the text that breaks it too.
ctoml_position breaking_point(std::string_view text) {
    std::vector<size_t> starts; // of Unicode scalars
    for (size_t index = 0; index < text.size(); ++index)
        if ((static_cast<unsigned char>(text[index]) & 0xC0) != 0x80) starts.push_back(index);
    size_t low = 0, high = starts.size(); // scalars; `high` breaks
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const size_t length = middle < starts.size() ? starts[middle] : text.size();
        if (breaks(text.substr(0, length))) high = middle;
        else low = middle + 1;
    }
    ctoml_position place{1, 1};
    for (size_t index = 0; index + 1 < high; ++index) {
        if (text[starts[index]] == '\n') {
            place.line += 1;
            place.column = 1;
        } else {
            place.column += 1;
        }
    }
    return place;
}

} // namespace

struct ctoml_document {
    std::vector<Node> nodes;
    std::string error;
    ctoml_position error_position{};
    bool failed = false;

    void fail(std::string message, ctoml_position place) {
        failed = true;
        error = std::move(message);
        error_position = place;
    }

    /// Copies a node and all below it. Deeper than any configuration is refused before the stack is at risk.
    size_t copy(const toml::node &source, size_t depth) {
        const size_t index = nodes.size();
        nodes.emplace_back();
        if (depth > 100) {
            if (!failed) fail("nested deeper than 100 levels", position(source.source().begin));
            return index;
        }
        ctoml_node plain{};
        plain.begin = position(source.source().begin);
        plain.end = position(source.source().end);
        std::string text;
        std::vector<size_t> children;
        switch (source.type()) {
        case toml::node_type::table: {
            plain.kind = ctoml_table;
            const toml::table &table = *source.as_table();
            plain.is_inline = table.is_inline();
            for (auto &&[key, value] : table) {
                const size_t child = copy(value, depth + 1);
                Node &node = nodes[child];
                node.key = std::string(key.str());
                node.plain.key_begin = position(key.source().begin);
                node.plain.key_end = position(key.source().end);
                children.push_back(child);
            }
            // toml++ sorts by name; the file's order is that of the keys' places.
            std::sort(children.begin(), children.end(), [this](size_t left, size_t right) {
                const ctoml_position a = nodes[left].plain.key_begin, b = nodes[right].plain.key_begin;
                return a.line != b.line ? a.line < b.line : a.column < b.column;
            });
            break;
        }
        case toml::node_type::array:
            plain.kind = ctoml_array;
            for (auto &&value : *source.as_array()) children.push_back(copy(value, depth + 1));
            break;
        case toml::node_type::string:
            plain.kind = ctoml_string;
            text = **source.as_string();
            break;
        case toml::node_type::integer:
            plain.kind = ctoml_integer;
            plain.integer = **source.as_integer();
            break;
        case toml::node_type::floating_point:
            plain.kind = ctoml_float;
            plain.number = **source.as_floating_point();
            break;
        case toml::node_type::boolean:
            plain.kind = ctoml_bool;
            plain.truth = **source.as_boolean();
            break;
        default: {
            plain.kind = ctoml_date_time;
            std::ostringstream stream;
            if (auto *date = source.as_date()) stream << **date;
            if (auto *time = source.as_time()) stream << **time;
            if (auto *moment = source.as_date_time()) stream << **moment;
            text = stream.str();
        }
        }
        plain.child_count = children.size();
        Node &node = nodes[index];
        node.plain = plain;
        node.text = std::move(text);
        node.children = std::move(children);
        return index;
    }
};

ctoml_document *ctoml_parse(const char *bytes, size_t length) {
    ctoml_document *document = new (std::nothrow) ctoml_document;
    if (!document) return nullptr;
    const std::string_view text(bytes ? bytes : "", bytes ? length : 0);
    try {
        const toml::parse_result result = toml::parse(text);
        if (result) {
            document->copy(result.table(), 0);
        } else {
            const toml::parse_error &error = result.error();
            document->fail(std::string(error.description()), position(error.source().begin));
        }
    } catch (const ctoml::BrokenInvariant &) {
        try {
            document->fail("this is not TOML", breaking_point(text));
        } catch (...) {
            document->failed = true;
        }
    } catch (...) {
        document->failed = true; // out of memory: the message stays short of any further allocation
    }
    return document;
}

void ctoml_free(ctoml_document *document) { delete document; }

const char *ctoml_error(const ctoml_document *document, ctoml_position *place) {
    if (!document->failed) return nullptr;
    *place = document->error_position;
    return document->error.empty() ? "the file cannot be read as TOML" : document->error.c_str();
}

ctoml_node ctoml_node_at(const ctoml_document *document, size_t index) {
    if (index >= document->nodes.size()) return ctoml_node{};
    const Node &node = document->nodes[index];
    ctoml_node plain = node.plain;
    plain.key = node.key.data();
    plain.key_length = node.key.size();
    plain.text = node.text.data();
    plain.text_length = node.text.size();
    return plain;
}

size_t ctoml_child(const ctoml_document *document, size_t index, size_t child) {
    if (index >= document->nodes.size() || child >= document->nodes[index].children.size()) return 0;
    return document->nodes[index].children[child];
}
