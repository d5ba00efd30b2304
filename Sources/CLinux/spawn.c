#define _GNU_SOURCE
#include "containment.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int atlas_spawn_helper(const char *path, char *const arguments[], int socket, pid_t *process) {
    // dup2 onto itself would keep close-on-exec, so the source must be another descriptor than the target.
    int source = fcntl(socket, F_DUPFD_CLOEXEC, ATLAS_HELPER_SOCKET + 1);
    if (source < 0) return errno;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed) {
        close(source);
        return failed;
    }
    failed = posix_spawnattr_init(&attributes);
    if (failed) {
        posix_spawn_file_actions_destroy(&actions);
        close(source);
        return failed;
    }
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    char *const environment[] = {NULL};
    failed = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    if (!failed) failed = posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    if (!failed) failed = posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    if (!failed) failed = posix_spawn_file_actions_adddup2(&actions, source, ATLAS_HELPER_SOCKET);
    if (!failed) failed = posix_spawn_file_actions_addclosefrom_np(&actions, ATLAS_HELPER_SOCKET + 1);
    if (!failed) failed = posix_spawnattr_setsigmask(&attributes, &none);
    if (!failed) failed = posix_spawnattr_setsigdefault(&attributes, &all);
    // Its own group: Ctrl-C on the terminal is the server's business.
    if (!failed) failed = posix_spawnattr_setpgroup(&attributes, 0);
    if (!failed) {
        failed = posix_spawnattr_setflags(
            &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    }
    if (!failed) failed = posix_spawn(process, path, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    close(source);
    return failed;
}

int atlas_socket_pair(int pair[2]) { return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) ? errno : 0; }

int atlas_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

typedef union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int) * ATLAS_MESSAGE_DESCRIPTORS)];
} Control;

int atlas_send_message(int socket, const void *bytes, size_t count, const int *descriptors, size_t descriptor_count) {
    if (descriptor_count > ATLAS_MESSAGE_DESCRIPTORS) return EINVAL;
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = count};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    Control control;
    memset(&control, 0, sizeof control);
    if (descriptor_count) {
        message.msg_control = control.space;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * descriptor_count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * descriptor_count);
        memcpy(CMSG_DATA(header), descriptors, sizeof(int) * descriptor_count);
    }
    for (;;) {
        if (sendmsg(socket, &message, MSG_NOSIGNAL) >= 0) return 0;
        if (errno != EINTR) return errno;
    }
}

static int64_t milliseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

ssize_t atlas_receive_message(int socket, void *bytes, size_t capacity, int *descriptors, size_t *descriptor_count, int timeout) {
    size_t room = *descriptor_count;
    *descriptor_count = 0;
    if (room > ATLAS_MESSAGE_DESCRIPTORS) return -EINVAL;
    int64_t deadline = milliseconds() + timeout;
    for (;;) {
        int64_t left = timeout < 0 ? -1 : deadline - milliseconds();
        if (timeout >= 0 && left < 0) left = 0;
        struct pollfd wait = {.fd = socket, .events = POLLIN};
        int ready = poll(&wait, 1, (int)left);
        if (ready == 0) return -ETIMEDOUT;
        if (ready > 0) break;
        if (errno != EINTR) return -errno;
    }
    struct iovec part = {.iov_base = bytes, .iov_len = capacity};
    Control control;
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
    ssize_t length;
    do length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (length < 0 && errno == EINTR);
    if (length < 0) return -errno;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t index = 0; index < count; index++) {
            int descriptor;
            memcpy(&descriptor, CMSG_DATA(header) + index * sizeof(int), sizeof(int));
            if (*descriptor_count < room) descriptors[(*descriptor_count)++] = descriptor;
            else close(descriptor);
        }
    }
    if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
        while (*descriptor_count) close(descriptors[--*descriptor_count]);
        return -EMSGSIZE;
    }
    return length;
}
