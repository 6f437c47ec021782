// What the two do-nothing programs share: a socket, and canned answers to the driver's requests.
//
// The answers hold just enough truth for the driver to check them as it checks casd's: the cookie
// and the ticket-granting ticket name the user (`TGC=user-3`, `TGT-user-3`), and so does the ticket
// made from them.

#pragma once
#define NO_FCGI_DEFINES
#include <fcgiapp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define THREADS 4

// As long as a token of casd's, signed and encrypted.
#define PART "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl"
#define PARTS PART PART PART PART PART PART PART
#define TOKEN "eyJ" PARTS PARTS PARTS

static int listen_on(const char *path) {
    FCGX_Init();
    signal(SIGTERM, SIG_DFL);  // libfcgi's own handler only waits for another request
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    unlink(path);
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0 ||
        chmod(path, 0666) < 0 || listen(descriptor, 1024) < 0) {
        perror(path);
        exit(1);
    }
    return descriptor;
}

// Copies what follows `name` in `text`, as far as a ticket's alphabet goes.
static void copy_after(const char *text, const char *name, char *out, size_t size) {
    const char *found = text ? strstr(text, name) : NULL;
    size_t length = 0;
    if (found) {
        found += strlen(name);
        length = strspn(found, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
    }
    if (length >= size) length = size - 1;
    if (length > 0) memcpy(out, found, length);
    out[length] = 0;
}

static void put(FCGX_Request *request, const char *head, const char *body) {
    char text[4096];
    int length =
        snprintf(text, sizeof text, "%sContent-Length: %zu\r\n\r\n%s", head, strlen(body), body);
    FCGX_PutStr(text, length, request->out);
}

static void answer(FCGX_Request *request) {
    char body[8192], user[64], xml[1024];
    int wants_token = 0, length;
    while ((length = FCGX_GetStr(body, sizeof body - 1, request->in)) > 0) {
        body[length] = 0;
        wants_token = wants_token || strstr(body, "token.example.org");
    }
    const char *uri = FCGX_GetParam("REQUEST_URI", request->envp);
    if (!uri) uri = "";

    if (wants_token) {
        put(request, "Content-Type: text/plain\r\n", TOKEN);
    } else if (strstr(uri, "/v1/tickets/")) {
        copy_after(uri, "/v1/tickets/TGT-", user, sizeof user);
        snprintf(xml, sizeof xml, "ST-%s", user);
        put(request, "Content-Type: text/plain\r\n", xml);
    } else if (strstr(uri, "/v1/tickets")) {
        put(request, "Status: 201 Created\r\nContent-Type: text/plain\r\n", "TGT-user-0");
    } else if (strstr(uri, "/login?")) {
        copy_after(FCGX_GetParam("HTTP_COOKIE", request->envp), "TGC=", user, sizeof user);
        snprintf(xml, sizeof xml,
                 "Status: 302 Found\r\nLocation: https://app.example.org/?ticket=ST-%s\r\n", user);
        put(request, xml, "");
    } else if (strstr(uri, "/login")) {
        put(request, "Content-Type: text/html\r\n", "<form><input name=\"username\"></form>");
    } else {
        copy_after(uri, "ticket=ST-user-", user, sizeof user);
        snprintf(xml, sizeof xml,
                 *user
                     ? "<cas:serviceResponse xmlns:cas=\"http://www.yale.edu/tp/cas\">"
                       "<cas:authenticationSuccess><cas:user>user-%s</cas:user>"
                       "</cas:authenticationSuccess></cas:serviceResponse>"
                     : "<cas:serviceResponse xmlns:cas=\"http://www.yale.edu/tp/cas\">"
                       "<cas:authenticationFailure code=\"INVALID_TICKET\">%sticket not recognized"
                       "</cas:authenticationFailure></cas:serviceResponse>",
                 user);
        put(request, "Content-Type: application/xml\r\n", xml);
    }
}
