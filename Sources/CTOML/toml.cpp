#include "CTOML.h"

#include <algorithm>
#include <deque>
#include <new>
#include <sstream>
#include <string>
#include <string_view>
#include <toml++/toml.h>
#include <vector>

struct atlas_toml_document {
    std::vector<atlas_toml_node> nodes;
    // A deque never moves its strings, so that the nodes may point into them.
    std::deque<std::string> texts;
    std::string error;
    uint32_t line = 1;
    uint32_t column = 1;

    void keep(std::string text, const char **pointer, size_t *length) {
        texts.push_back(std::move(text));
        *pointer = texts.back().data();
        *length = texts.back().size();
    }

    struct child {
        const toml::key *key;
        const toml::node *value;
        toml::source_position position;
    };

    void fill(size_t index, const toml::node &source) {
        nodes[index].line = source.source().begin.line;
        nodes[index].column = source.source().begin.column;
        std::vector<child> children;
        if (const auto *table = source.as_table()) {
            nodes[index].kind = ATLAS_TOML_TABLE;
            for (const auto &[key, value] : *table) {
                children.push_back({&key, &value, key.source().begin});
            }
            // toml++ sorts tables by name; the file's order is that of the positions.
            std::sort(children.begin(), children.end(), [](const child &a, const child &b) { return a.position < b.position; });
        } else if (const auto *array = source.as_array()) {
            nodes[index].kind = ATLAS_TOML_ARRAY;
            for (const auto &value : *array) {
                children.push_back({nullptr, &value, value.source().begin});
            }
        } else if (const auto *string = source.as_string()) {
            nodes[index].kind = ATLAS_TOML_STRING;
            const char *text;
            size_t length;
            keep(string->get(), &text, &length);
            nodes[index].text = text;
            nodes[index].text_length = length;
        } else if (const auto *integer = source.as_integer()) {
            nodes[index].kind = ATLAS_TOML_INTEGER;
            nodes[index].integer = integer->get();
        } else if (const auto *number = source.as_floating_point()) {
            nodes[index].kind = ATLAS_TOML_FLOAT;
            nodes[index].number = number->get();
        } else if (const auto *boolean = source.as_boolean()) {
            nodes[index].kind = ATLAS_TOML_BOOLEAN;
            nodes[index].integer = boolean->get() ? 1 : 0;
        } else {
            nodes[index].kind = ATLAS_TOML_DATE;
        }
        if (children.empty()) {
            return;
        }
        const size_t first = nodes.size();
        nodes.resize(first + children.size());
        nodes[index].first_child = first;
        nodes[index].child_count = children.size();
        for (size_t offset = 0; offset < children.size(); offset++) {
            if (const auto *key = children[offset].key) {
                const char *text;
                size_t length;
                keep(std::string(key->str()), &text, &length);
                nodes[first + offset].key = text;
                nodes[first + offset].key_length = length;
                nodes[first + offset].key_line = key->source().begin.line;
                nodes[first + offset].key_column = key->source().begin.column;
            }
            fill(first + offset, *children[offset].value);
        }
    }
};

struct atlas_toml_document *atlas_toml_parse(const char *bytes, size_t length) {
    auto *document = new (std::nothrow) atlas_toml_document();
    if (document == nullptr) {
        return nullptr;
    }
    try {
        const toml::table root = toml::parse(std::string_view(bytes, length));
        document->nodes.resize(1);
        document->fill(0, root);
        if (document->nodes[0].line == 0) {
            document->nodes[0].line = 1;
            document->nodes[0].column = 1;
        }
    } catch (const toml::parse_error &error) {
        document->error = std::string(error.description());
        document->line = error.source().begin.line;
        document->column = error.source().begin.column;
    } catch (...) {
        document->error = "the text cannot be parsed";
    }
    return document;
}

void atlas_toml_free(struct atlas_toml_document *document) { delete document; }

const char *atlas_toml_error(const struct atlas_toml_document *document, uint32_t *line, uint32_t *column) {
    if (document->error.empty()) {
        return nullptr;
    }
    *line = document->line;
    *column = document->column;
    return document->error.c_str();
}

const struct atlas_toml_node *atlas_toml_nodes(const struct atlas_toml_document *document, size_t *count) {
    *count = document->nodes.size();
    return document->nodes.data();
}
