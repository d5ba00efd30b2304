#include "CCrypt.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>

int atlas_crypt(const char *phrase, const char *setting, char output[ATLAS_CRYPT_ROOM]) {
    struct crypt_data *data = calloc(1, sizeof *data);
    if (data == NULL) {
        return -1;
    }
    const char *hash = crypt_r(phrase, setting, data);
    // Failure is a string that begins with '*' (crypt(3)).
    int result = hash == NULL || hash[0] == '*' || strlen(hash) >= ATLAS_CRYPT_ROOM ? -1 : 0;
    if (result == 0) {
        strcpy(output, hash);
    }
    explicit_bzero(data, sizeof *data);
    free(data);
    return result;
}

int atlas_crypt_setting(unsigned long cost, const unsigned char random[16], char output[ATLAS_CRYPT_ROOM]) {
    return crypt_gensalt_rn("$2b$", cost, (const char *)random, 16, output, ATLAS_CRYPT_ROOM) == NULL ? -1 : 0;
}
