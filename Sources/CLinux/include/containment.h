#pragma once
// What a helper process gives up, how it is started, and how files are passed to it.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Which measures hold after `atlas_contain`.
typedef struct {
    bool limits, no_new_privileges, landlock, seccomp;
    /// The kernel's Landlock version; 0 without.
    int landlock_version;
} AtlasContainment;

typedef struct {
    uint64_t address_space, file_size;
    /// Seconds of processor time; the process is killed beyond it.
    uint64_t cpu;
    uint64_t descriptors;
} AtlasLimits;

/// Gives up, for this process and for ever, what decoding does not need: opening and changing files, sockets, other programs and
/// processes. Open descriptors go on working. Called while the process has one thread. What the kernel cannot do is left out and reported.
AtlasContainment atlas_contain(AtlasLimits limits);

/// Makes the process die with the thread that started it, the first victim when memory is short, and unreadable to others.
void atlas_become_helper(void);

/// The descriptor on which a helper finds its socket.
enum { ATLAS_HELPER_SOCKET = 3, ATLAS_MESSAGE_DESCRIPTORS = 64 };

/// Starts `path` with the arguments (NULL-terminated), an empty environment, /dev/null as standard streams and `socket` as descriptor 3,
/// every other one closed. Returns 0 or an errno.
int atlas_spawn_helper(const char *path, char *const arguments[], int socket, pid_t *process);

/// A connected pair of SOCK_SEQPACKET sockets, both close-on-exec. Returns 0 or an errno.
int atlas_socket_pair(int pair[2]);

/// Sends one message with descriptors. Returns 0 or an errno; never SIGPIPE.
int atlas_send_message(int socket, const void *bytes, size_t count, const int *descriptors, size_t descriptor_count);

/// Receives one message within `timeout` milliseconds (negative: no limit). Returns its length, 0 at the end, or -errno
/// (ETIMEDOUT; EMSGSIZE when it does not fit). The descriptors are close-on-exec and the caller's to close.
ssize_t atlas_receive_message(int socket, void *bytes, size_t capacity, int *descriptors, size_t *descriptor_count, int timeout);

/// Opens a path relative to `directory` that must stay beneath it and contains no symbolic link (openat2, or segment by segment where
/// the kernel lacks it). Returns a descriptor, close-on-exec, or -errno.
int atlas_open_beneath(int directory, const char *path, int flags, mode_t mode);

/// A file in memory, close-on-exec. Returns a descriptor, or -1 with errno.
int atlas_memory_file(const char *name);
