// The headers' type checks are macros that name the functions themselves.
#define CURL_DISABLE_TYPECHECK
#include "CCurl.h"

#include <dlfcn.h>
#include <sys/socket.h>

#undef curl_easy_setopt
#undef curl_easy_getinfo

#define SYMBOLS(X) \
    X(CURLcode, global_init, (long)) \
    X(CURL *, easy_init, (void)) \
    X(CURLcode, easy_setopt, (CURL *, CURLoption, ...)) \
    X(CURLcode, easy_perform, (CURL *)) \
    X(void, easy_cleanup, (CURL *)) \
    X(CURLcode, easy_getinfo, (CURL *, CURLINFO, ...)) \
    X(const char *, easy_strerror, (CURLcode)) \
    X(struct curl_slist *, slist_append, (struct curl_slist *, const char *)) \
    X(void, slist_free_all, (struct curl_slist *))

#define DECLARE(result, name, arguments) static result (*name) arguments;
SYMBOLS(DECLARE)

const char *atlas_curl_load(void) {
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!library) return "libcurl.so.4 is not installed (package libcurl4)";
#define RESOLVE(result, name, arguments) \
    *(void **)&name = dlsym(library, "curl_" #name); \
    if (!name) return "libcurl lacks curl_" #name;
    SYMBOLS(RESOLVE)
    return global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? NULL : "libcurl does not start";
}

CURL *atlas_curl_new(void) { return easy_init(); }
CURLcode atlas_curl_perform(CURL *handle) { return easy_perform(handle); }
void atlas_curl_free(CURL *handle) { easy_cleanup(handle); }
const char *atlas_curl_error(CURLcode code) { return easy_strerror(code); }
struct curl_slist *atlas_curl_append(struct curl_slist *list, const char *text) { return slist_append(list, text); }
void atlas_curl_free_list(struct curl_slist *list) { slist_free_all(list); }

CURLcode atlas_curl_set_long(CURL *handle, CURLoption option, long value) { return easy_setopt(handle, option, value); }
CURLcode atlas_curl_set_size(CURL *handle, CURLoption option, curl_off_t value) { return easy_setopt(handle, option, value); }
CURLcode atlas_curl_set_text(CURL *handle, CURLoption option, const char *value) { return easy_setopt(handle, option, value); }
CURLcode atlas_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) { return easy_setopt(handle, option, value); }

// A callback and what it works on.
#define ON(name, type, function, data) \
    CURLcode atlas_curl_on_##name(CURL *handle, type call, void *context) { \
        easy_setopt(handle, data, context); \
        return easy_setopt(handle, function, call); \
    }
ON(body, atlas_curl_data, CURLOPT_WRITEFUNCTION, CURLOPT_WRITEDATA)
ON(header, atlas_curl_data, CURLOPT_HEADERFUNCTION, CURLOPT_HEADERDATA)
ON(read, atlas_curl_data, CURLOPT_READFUNCTION, CURLOPT_READDATA)
ON(progress, atlas_curl_progress, CURLOPT_XFERINFOFUNCTION, CURLOPT_XFERINFODATA)
ON(socket, atlas_curl_socket, CURLOPT_OPENSOCKETFUNCTION, CURLOPT_OPENSOCKETDATA)

long atlas_curl_get_long(CURL *handle, CURLINFO info) {
    long value = 0;
    return easy_getinfo(handle, info, &value) == CURLE_OK ? value : 0;
}

curl_off_t atlas_curl_get_size(CURL *handle, CURLINFO info) {
    curl_off_t value = 0;
    return easy_getinfo(handle, info, &value) == CURLE_OK ? value : 0;
}

const void *atlas_curl_address(const struct curl_sockaddr *address) { return &address->addr; }

curl_socket_t atlas_curl_open(const struct curl_sockaddr *address) {
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}
