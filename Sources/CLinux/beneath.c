#define _GNU_SOURCE
#include "containment.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// Segment by segment, following no link.
static int open_by_segments(int directory, const char *path, int flags, mode_t mode) {
    int current = fcntl(directory, F_DUPFD_CLOEXEC, 0);
    if (current < 0) return -errno;
    for (;;) {
        const char *end = strchr(path, '/');
        char segment[256];
        size_t length = end ? (size_t)(end - path) : strlen(path);
        bool bad = length == 0 || length >= sizeof segment;
        if (!bad) {
            memcpy(segment, path, length);
            segment[length] = 0;
            bad = strcmp(segment, "..") == 0;
        }
        if (bad) {
            close(current);
            return -EXDEV;
        }
        int how = end ? O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC : flags | O_NOFOLLOW | O_CLOEXEC;
        int next = openat(current, segment, how, mode);
        int error = errno;
        close(current);
        if (next < 0) return -error;
        if (!end) return next;
        current = next;
        path = end + 1;
    }
}

int atlas_open_beneath(int directory, const char *path, int flags, mode_t mode) {
    struct open_how how = {
        .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
        .mode = flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? mode : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    for (;;) {
        int opened = (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
        if (opened >= 0) return opened;
        // EAGAIN: a rename elsewhere disturbed the walk (openat2(2)).
        if (errno == EAGAIN || errno == EINTR) continue;
        // Absent before Linux 5.6; filters answer EPERM.
        if (errno == ENOSYS || errno == EPERM) return open_by_segments(directory, path, flags, mode);
        return -errno;
    }
}
