// The easy interface of libcurl (https://curl.se/libcurl/c/). Its variadic setters and getters, which Swift cannot call, by the type of
// what they take and give.
#pragma once
#include <curl/curl.h>
#include <sys/socket.h>

typedef size_t (*atlas_curl_data)(char *bytes, size_t size, size_t count, void *context);
typedef int (*atlas_curl_progress)(void *context, curl_off_t toGet, curl_off_t got, curl_off_t toSend, curl_off_t sent);
typedef curl_socket_t (*atlas_curl_socket)(void *context, curlsocktype purpose, struct curl_sockaddr *address);

static inline CURLcode atlas_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode atlas_curl_set_size(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}
/// libcurl copies the text.
static inline CURLcode atlas_curl_set_text(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}
/// The list must live until the transfer has ended.
static inline CURLcode atlas_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode atlas_curl_on_body(CURL *handle, atlas_curl_data call, void *context) {
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, context);
    return curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, call);
}
static inline CURLcode atlas_curl_on_header(CURL *handle, atlas_curl_data call, void *context) {
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, context);
    return curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, call);
}
static inline CURLcode atlas_curl_on_read(CURL *handle, atlas_curl_data call, void *context) {
    curl_easy_setopt(handle, CURLOPT_READDATA, context);
    return curl_easy_setopt(handle, CURLOPT_READFUNCTION, call);
}
static inline CURLcode atlas_curl_on_progress(CURL *handle, atlas_curl_progress call, void *context) {
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, context);
    return curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, call);
}
static inline CURLcode atlas_curl_on_socket(CURL *handle, atlas_curl_socket call, void *context) {
    curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, context);
    return curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, call);
}
static inline long atlas_curl_get_long(CURL *handle, CURLINFO info) {
    long value = 0;
    return curl_easy_getinfo(handle, info, &value) == CURLE_OK ? value : 0;
}
static inline curl_off_t atlas_curl_get_size(CURL *handle, CURLINFO info) {
    curl_off_t value = 0;
    return curl_easy_getinfo(handle, info, &value) == CURLE_OK ? value : 0;
}
/// Where the socket is about to be connected to. libcurl keeps room for every family behind the member.
static inline const void *atlas_curl_address(const struct curl_sockaddr *address) { return &address->addr; }
/// A socket for that address, as libcurl itself would open it.
static inline curl_socket_t atlas_curl_open(const struct curl_sockaddr *address) {
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}
