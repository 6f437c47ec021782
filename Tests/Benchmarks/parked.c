// The parked loop: idle kept connections wait in one epoll set, and four threads answer whichever
// is readable.
//
//     parked SOCKET

#define _GNU_SOURCE
#include "answer.h"
#include <fcntl.h>
#include <pthread.h>
#include <sys/epoll.h>

static int listening, waiting;

// Arms a descriptor for one event; `of` is NULL for the listening socket.
static void arm(int operation, int descriptor, FCGX_Request *of) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, .data.ptr = of};
    epoll_ctl(waiting, operation, descriptor, &event);
}

static void accept_connections(void) {
    int descriptor;
    while ((descriptor = accept4(listening, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        FCGX_Request *request = malloc(sizeof *request);
        FCGX_InitRequest(request, listening, 0);
        request->listen_sock = -1;  // libfcgi never accepts one itself
        request->ipcFd = descriptor;
        arm(EPOLL_CTL_ADD, descriptor, request);
    }
    arm(EPOLL_CTL_MOD, listening, NULL);
}

static void answer_once(FCGX_Request *request) {
    request->keepConnection = 1;  // or libfcgi closes ours and wants to accept another
    if (FCGX_Accept_r(request) >= 0) {
        answer(request);
        FCGX_Finish_r(request);
    }
    if (request->ipcFd >= 0) {
        arm(EPOLL_CTL_MOD, request->ipcFd, request);
    } else {
        free(request);
    }
}

static void *serve(void *unused) {
    struct epoll_event event;
    for (;;) {
        if (epoll_wait(waiting, &event, 1, -1) != 1) continue;
        if (event.data.ptr) {
            answer_once(event.data.ptr);
        } else {
            accept_connections();
        }
    }
    return unused;
}

int main(int count, char **arguments) {
    if (count != 2) return 2;
    listening = listen_on(arguments[1]);
    fcntl(listening, F_SETFL, O_NONBLOCK);  // accept_connections() ends when there is none left
    waiting = epoll_create1(EPOLL_CLOEXEC);
    arm(EPOLL_CTL_ADD, listening, NULL);
    pthread_t thread;
    for (int index = 1; index < THREADS; index++) pthread_create(&thread, NULL, serve, NULL);
    serve(NULL);
}
