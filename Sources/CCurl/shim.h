#pragma once
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <string.h>
#include <sys/socket.h>

/// `curl_easy_setopt` and `curl_easy_getinfo` are variadic, which Swift does not import; each of
/// these passes on exactly the type that its options take.
static inline CURLcode casd_curl_set_number(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

/// libcurl copies the text.
static inline CURLcode casd_curl_set_text(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

/// libcurl does not copy what the pointer leads to.
static inline CURLcode casd_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}

/// libcurl does not copy the body; a null body would be read from the standard input.
static inline CURLcode casd_curl_set_body(CURL *handle, const void *body, size_t count) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_POST, 1L);
    if (code != CURLE_OK) return code;
    code = curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count);
    if (code != CURLE_OK) return code;
    return curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body != NULL ? body : (const void *)"");
}

static inline CURLcode casd_curl_set_receivers(
    CURL *handle, curl_write_callback on_body, curl_write_callback on_header, void *context) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_body);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_WRITEDATA, context);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_header);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_HEADERDATA, context);
    return code;
}

static inline CURLcode casd_curl_set_socket_maker(
    CURL *handle, curl_opensocket_callback make, void *context) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, make);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, context);
    return code;
}

/// The bytes of an IP address, 4 or 16 of them, in the order of the wire; 0 for any other kind.
/// The structure ends with an address of varying length, which Swift cannot express.
static inline size_t casd_curl_address(const struct curl_sockaddr *address, unsigned char out[16]) {
    switch (address->family) {
    case AF_INET:
        if (address->addrlen < sizeof(struct sockaddr_in)) return 0;
        memcpy(out, &((const struct sockaddr_in *)&address->addr)->sin_addr, 4);
        return 4;
    case AF_INET6:
        if (address->addrlen < sizeof(struct sockaddr_in6)) return 0;
        memcpy(out, &((const struct sockaddr_in6 *)&address->addr)->sin6_addr, 16);
        return 16;
    default: return 0;
    }
}

/// A socket for the address that programs which this one starts do not inherit.
static inline curl_socket_t casd_curl_make_socket(const struct curl_sockaddr *address) {
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/// Has a connection believe the authorities of a store, which it takes a reference to.
static inline CURLcode casd_curl_use_store(CURL *handle, void *tls_context, void *store) {
    (void)handle;
    if (X509_STORE_up_ref((X509_STORE *)store) != 1) return CURLE_OUT_OF_MEMORY;
    SSL_CTX_set_cert_store((SSL_CTX *)tls_context, (X509_STORE *)store);
    return CURLE_OK;
}

/// Has every new connection of the handle believe the authorities of the store and no others.
static inline CURLcode casd_curl_set_store(CURL *handle, X509_STORE *store) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_SSL_CTX_FUNCTION, casd_curl_use_store);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_SSL_CTX_DATA, (void *)store);
    return code;
}

static inline long casd_curl_response_code(CURL *handle) {
    long value = 0;
    return curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &value) == CURLE_OK ? value : 0;
}

/// How many connections the last transfer made; 0 if it used one that was there.
static inline long casd_curl_connections_made(CURL *handle) {
    long value = 0;
    return curl_easy_getinfo(handle, CURLINFO_NUM_CONNECTS, &value) == CURLE_OK ? value : 0;
}

/// Null if there is none; libcurl's, good until the next transfer or reset of the handle.
static inline const char *casd_curl_content_type(CURL *handle) {
    char *value = NULL;
    return curl_easy_getinfo(handle, CURLINFO_CONTENT_TYPE, &value) == CURLE_OK ? value : NULL;
}

/// `CURLVERSION_NOW` is a macro for an enumerator, which Swift does not import.
static inline const curl_version_info_data *casd_curl_facts(void) {
    return curl_version_info(CURLVERSION_NOW);
}
