#include "CCrypt.h"

#include <crypt.h>
#include <string.h>

int atlas_crypt(const char *phrase, const char *setting, char output[ATLAS_CRYPT_ROOM]) {
    // 32 KiB, and nothing is asked of the heap: its locks would be held by a thread that gives way.
    struct crypt_data data;
    memset(&data, 0, sizeof data);
    const char *hash = crypt_r(phrase, setting, &data);
    // Failure is a string that begins with '*' (crypt(3)).
    int result = hash == NULL || hash[0] == '*' || strlen(hash) >= ATLAS_CRYPT_ROOM ? -1 : 0;
    if (result == 0) {
        strcpy(output, hash);
    }
    explicit_bzero(&data, sizeof data);
    return result;
}

int atlas_crypt_setting(unsigned long cost, const unsigned char random[16], char output[ATLAS_CRYPT_ROOM]) {
    return crypt_gensalt_rn("$2b$", cost, (const char *)random, 16, output, ATLAS_CRYPT_ROOM) == NULL ? -1 : 0;
}
