#pragma once
#include <lmdb.h>
#include <sys/types.h>

/// Hidden from Swift behind `_GNU_SOURCE`. Glibc's `posix_fallocate` is no substitute: where the
/// file system cannot, it writes into the file, over what other processes have just written.
extern int fallocate(int descriptor, int mode, off_t offset, off_t length);
