#pragma once
#define NO_FCGI_DEFINES
#include <fcgiapp.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

/// glibc declares these two only under `_GNU_SOURCE`, which Swift does not set.
int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);
int pthread_setname_np(pthread_t thread, const char *name);
