// The C API of SQLite (https://sqlite.org/c3ref/intro.html), with what Swift cannot import made callable:
// the destructor constants, which are casts of integers, and the variadic sqlite3_config and sqlite3_db_config.
#pragma once
#include <sqlite3.h>

/// SQLite copies the bytes before the call returns.
static inline sqlite3_destructor_type atlas_sqlite_transient(void) { return SQLITE_TRANSIENT; }
/// The caller keeps the bytes alive and unchanged until the statement is reset or rebound.
static inline sqlite3_destructor_type atlas_sqlite_static(void) { return SQLITE_STATIC; }
/// sqlite3_db_config for the options that take an int and give back an int (for example SQLITE_DBCONFIG_DEFENSIVE).
static inline int atlas_sqlite_db_config(sqlite3 *db, int option, int value, int *was) {
    return sqlite3_db_config(db, option, value, was);
}
/// Turns off the accounting of memory, for which every allocation of every thread takes one global mutex. Only before SQLite is
/// initialised, that is before the first connection; SQLITE_MISUSE and no effect afterwards.
static inline int atlas_sqlite_disable_memory_statistics(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }
