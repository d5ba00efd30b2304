// bcrypt through libxcrypt (crypt(3), crypt_gensalt(3)), reentrant, without varargs or global state.
#pragma once
#include <stddef.h>

/// Room for any crypt(3) string with its NUL.
enum { ATLAS_CRYPT_ROOM = 384 };

/// Writes the hash of a NUL-terminated phrase under `setting` (a `$2b$…` salt or a whole hash) to `output`. 0, or -1.
int atlas_crypt(const char *phrase, const char *setting, char output[ATLAS_CRYPT_ROOM]);

/// Writes a `$2b$<cost>$…` setting made from 16 random bytes to `output`. 0, or -1.
int atlas_crypt_setting(unsigned long cost, const unsigned char random[16], char output[ATLAS_CRYPT_ROOM]);
