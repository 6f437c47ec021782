// The plain accept loop: four threads in FCGX_Accept_r, a connection for every request.
//
//     plain SOCKET

#include "answer.h"
#include <pthread.h>

static int listening;

static void *serve(void *unused) {
    FCGX_Request request;
    FCGX_InitRequest(&request, listening, 0);
    while (FCGX_Accept_r(&request) >= 0) {
        answer(&request);
        FCGX_Finish_r(&request);
    }
    return unused;
}

int main(int count, char **arguments) {
    if (count != 2) return 2;
    listening = listen_on(arguments[1]);
    pthread_t thread;
    for (int index = 1; index < THREADS; index++) pthread_create(&thread, NULL, serve, NULL);
    serve(NULL);
}
