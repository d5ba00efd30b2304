// TOML 1.0 parsed by toml++ (https://marzer.github.io/tomlplusplus/), flattened into an array of nodes with their positions.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum atlas_toml_kind {
    ATLAS_TOML_TABLE = 0,
    ATLAS_TOML_ARRAY = 1,
    ATLAS_TOML_STRING = 2,
    ATLAS_TOML_INTEGER = 3,
    ATLAS_TOML_FLOAT = 4,
    ATLAS_TOML_BOOLEAN = 5,
    ATLAS_TOML_DATE = 6,
};

/// Lines and columns count from 1, columns in Unicode scalars. Children stand at [first_child, first_child + child_count), in the file's order.
struct atlas_toml_node {
    int kind;
    const char *key;
    size_t key_length;
    uint32_t key_line, key_column;
    uint32_t line, column;
    const char *text;
    size_t text_length;
    int64_t integer;
    double number;
    size_t first_child, child_count;
};

struct atlas_toml_document;

/// Never NULL but for lack of memory. Free with atlas_toml_free.
struct atlas_toml_document *atlas_toml_parse(const char *bytes, size_t length);
void atlas_toml_free(struct atlas_toml_document *document);

/// NULL when the text is valid; else what is wrong and where.
const char *atlas_toml_error(const struct atlas_toml_document *document, uint32_t *line, uint32_t *column);

/// The nodes; the first is the root table. Valid until the document is freed.
const struct atlas_toml_node *atlas_toml_nodes(const struct atlas_toml_document *document, size_t *count);

#ifdef __cplusplus
}
#endif
