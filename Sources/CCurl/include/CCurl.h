// The easy interface of libcurl (https://curl.se/libcurl/c/), opened by name when it is first needed: a server that sends nothing maps none
// of the thirty libraries behind it, which were a fifth of its start. Variadic setters and getters, which Swift cannot call, stand here by
// the type of what they take and give.
#pragma once
#include <curl/curl.h>

typedef size_t (*atlas_curl_data)(char *bytes, size_t size, size_t count, void *context);
typedef int (*atlas_curl_progress)(void *context, curl_off_t toGet, curl_off_t got, curl_off_t toSend, curl_off_t sent);
typedef curl_socket_t (*atlas_curl_socket)(void *context, curlsocktype purpose, struct curl_sockaddr *address);

/// To be called once, before all else. Gives what is wrong, or null.
const char *atlas_curl_load(void);

CURL *atlas_curl_new(void);
CURLcode atlas_curl_perform(CURL *handle);
void atlas_curl_free(CURL *handle);
const char *atlas_curl_error(CURLcode code);
/// The list with a copy of the text at its end.
struct curl_slist *atlas_curl_append(struct curl_slist *list, const char *text);
void atlas_curl_free_list(struct curl_slist *list);

CURLcode atlas_curl_set_long(CURL *handle, CURLoption option, long value);
CURLcode atlas_curl_set_size(CURL *handle, CURLoption option, curl_off_t value);
/// libcurl copies the text.
CURLcode atlas_curl_set_text(CURL *handle, CURLoption option, const char *value);
/// The list must live until the transfer has ended.
CURLcode atlas_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value);
CURLcode atlas_curl_on_body(CURL *handle, atlas_curl_data call, void *context);
CURLcode atlas_curl_on_header(CURL *handle, atlas_curl_data call, void *context);
CURLcode atlas_curl_on_read(CURL *handle, atlas_curl_data call, void *context);
CURLcode atlas_curl_on_progress(CURL *handle, atlas_curl_progress call, void *context);
CURLcode atlas_curl_on_socket(CURL *handle, atlas_curl_socket call, void *context);
/// 0 where libcurl does not say.
long atlas_curl_get_long(CURL *handle, CURLINFO info);
curl_off_t atlas_curl_get_size(CURL *handle, CURLINFO info);

/// Where the socket is about to be connected to. libcurl keeps room for every family behind the member.
const void *atlas_curl_address(const struct curl_sockaddr *address);
/// A socket for that address, as libcurl itself would open it.
curl_socket_t atlas_curl_open(const struct curl_sockaddr *address);
