// A back end with the fault that the forgery test looks for: it answers without reading the body.
//
//     careless SOCKET LOG
//
// Every request leaves a line in the log: its address, and what it says about a certificate.

#include "../../Benchmarks/answer.h"

int main(int count, char **arguments) {
    if (count != 3) return 2;
    FILE *log = fopen(arguments[2], "w");
    FCGX_Request request;
    FCGX_InitRequest(&request, listen_on(arguments[1]), 0);
    while (FCGX_Accept_r(&request) >= 0) {
        const char *address = FCGX_GetParam("REQUEST_URI", request.envp);
        const char *verified = FCGX_GetParam("SSL_CLIENT_VERIFY", request.envp);
        const char *remote = FCGX_GetParam("REMOTE_ADDR", request.envp);
        fprintf(log, "%s %s %s\n", address ? address : "-", verified ? verified : "-",
                remote ? remote : "-");
        fflush(log);
        FCGX_PutS("Content-Type: text/plain\r\n\r\nunread\n", request.out);
        FCGX_Finish_r(&request);
    }
}
