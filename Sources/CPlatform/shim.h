#pragma once
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/// `prctl` is variadic, which Swift does not import.
static inline int casd_end_with_parent(void) {
    return prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
}

static inline int casd_set_process_name(const char *name) {
    return prctl(PR_SET_NAME, name, 0, 0, 0);
}

/// `pipe2` is hidden from Swift behind `_GNU_SOURCE`.
static inline int casd_pipe(int ends[2]) {
    if (pipe(ends) != 0) return -1;
    for (int index = 0; index < 2; index++) {
        fcntl(ends[index], F_SETFD, FD_CLOEXEC);
        fcntl(ends[index], F_SETFL, O_NONBLOCK);
    }
    return 0;
}

/// `memfd_create` is hidden from Swift behind `_GNU_SOURCE`; 1 is `MFD_CLOEXEC`.
static inline int casd_memory_file(void) {
    return (int)syscall(SYS_memfd_create, "casd", 1u);
}

/// Atomic steps on memory that processes share; Swift's own atomics live in memory of their own.
static inline unsigned long long casd_load(const unsigned long long *word) {
    return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static inline void casd_store(unsigned long long *word, unsigned long long value) {
    __atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}

static inline int casd_replace(
    unsigned long long *word, unsigned long long expected, unsigned long long value) {
    return __atomic_compare_exchange_n(
        word, &expected, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static inline void casd_set_bits(unsigned long long *word, unsigned long long bits) {
    __atomic_fetch_or(word, bits, __ATOMIC_SEQ_CST);
}

static inline void casd_clear_bits(unsigned long long *word, unsigned long long bits) {
    __atomic_fetch_and(word, ~bits, __ATOMIC_SEQ_CST);
}

/// Copies words that others may change meanwhile; what the copy is worth, a later load tells.
static inline void casd_copy_out(
    unsigned long long *copy, const unsigned long long *words, unsigned long count) {
    for (unsigned long index = 0; index < count; index++)
        copy[index] = __atomic_load_n(words + index, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
}

/// Changes words that others may copy meanwhile, after an earlier step has warned them.
static inline void casd_copy_in(
    unsigned long long *words, const unsigned long long *copy, unsigned long count) {
    __atomic_thread_fence(__ATOMIC_RELEASE);
    for (unsigned long index = 0; index < count; index++)
        __atomic_store_n(words + index, copy[index], __ATOMIC_RELAXED);
}

/// What other processes change in shared memory is read and written atomically; Swift's own atomics
/// have storage of their own.
static inline unsigned long long casd_shared_load(const unsigned long long *place) {
    return __atomic_load_n(place, __ATOMIC_ACQUIRE);
}

static inline unsigned long long casd_shared_add(unsigned long long *place) {
    return __atomic_add_fetch(place, 1, __ATOMIC_ACQ_REL);
}
