// The C API of PostgreSQL's client library (https://www.postgresql.org/docs/15/libpq.html). Swift imports all that is used of it; the
// field codes of PQresultErrorField are character constants, which Swift takes as Int32 only from here.
#pragma once
#include <libpq-fe.h>

/// The five characters that name an error (https://www.postgresql.org/docs/15/errcodes-appendix.html); NULL if there is none.
static inline const char *atlas_pq_error_code(const PGresult *result) { return PQresultErrorField(result, 'C'); }
