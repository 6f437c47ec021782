#pragma once
#define NO_FCGI_DEFINES
#include <errno.h>
#include <fcgiapp.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

/// glibc declares these two only under `_GNU_SOURCE`, which Swift does not set.
int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);
int pthread_setname_np(pthread_t thread, const char *name);

/// Control messages are laid out by macros and with alignments that Swift cannot express, so the
/// passing of descriptors between processes is written here.
///
/// Sends a descriptor and one byte; 0 or the error's number. Never waits.
static inline int casd_send_descriptor(int channel, int descriptor, unsigned char note) {
    union {
        char room[CMSG_SPACE(sizeof(int))];
        struct cmsghdr alignment;
    } control;
    struct iovec bytes = {&note, 1};
    struct msghdr message = {0};
    memset(&control, 0, sizeof control);
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = control.room;
    message.msg_controllen = sizeof control.room;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
    return sendmsg(channel, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 ? 0 : errno;
}

/// Receives one descriptor, close-on-exec, and its byte; the negated number of the error if there
/// is none. `EMFILE` says that one came and was lost, because the process had no room for it.
static inline int casd_receive_descriptor(int channel, unsigned char *note) {
    union {
        char room[CMSG_SPACE(sizeof(int))];
        struct cmsghdr alignment;
    } control;
    struct iovec bytes = {note, 1};
    struct msghdr message = {0};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = control.room;
    message.msg_controllen = sizeof control.room;
    ssize_t count = recvmsg(channel, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (count < 0) return -errno;
    if (count == 0) return -EPIPE;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header == NULL || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS
        || header->cmsg_len != CMSG_LEN(sizeof(int))) return -EMFILE;
    int descriptor;
    memcpy(&descriptor, CMSG_DATA(header), sizeof(int));
    return descriptor;
}
