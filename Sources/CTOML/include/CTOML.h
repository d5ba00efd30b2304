#pragma once
// TOML 1.0 (toml++) behind C: a text becomes a flat array of nodes, in the order of the file. Nothing throws.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    ctoml_table,
    ctoml_array,
    ctoml_string,
    ctoml_integer,
    ctoml_float,
    ctoml_bool,
    ctoml_date_time,
} ctoml_kind;

/// Counted from 1; columns in Unicode scalars. 0 where nothing stands.
typedef struct {
    uint32_t line;
    uint32_t column;
} ctoml_position;

typedef struct {
    ctoml_kind kind;
    /// The name under which a table holds this node; empty in arrays and at the root.
    const char *key;
    size_t key_length;
    ctoml_position key_begin, key_end;
    ctoml_position begin, end;
    /// Of a string its bytes, of a date or time its text.
    const char *text;
    size_t text_length;
    int64_t integer;
    double number;
    bool truth;
    /// A table written in braces.
    bool is_inline;
    size_t child_count;
} ctoml_node;

typedef struct ctoml_document ctoml_document;

/// Never null unless memory is out. Free it with `ctoml_free`; every pointer of its nodes dies with it.
ctoml_document *ctoml_parse(const char *bytes, size_t length);
void ctoml_free(ctoml_document *document);

/// Null when the text was TOML; else what is wrong, at `*position`.
const char *ctoml_error(const ctoml_document *document, ctoml_position *position);

/// The node of that index; 0 is the root. All zero beyond the end.
ctoml_node ctoml_node_at(const ctoml_document *document, size_t index);
/// The index of a child, which is below `child_count`; 0 otherwise.
size_t ctoml_child(const ctoml_document *document, size_t index, size_t child);

#ifdef __cplusplus
}
#endif
