#define _GNU_SOURCE
#include "containment.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

// ---- Landlock (linux/landlock.h; numbers written out because Debian 12's header stops at version 2) ----

struct ruleset { uint64_t fs, net, scoped; };

enum { LANDLOCK_CREATE = 444, LANDLOCK_RESTRICT = 446, LANDLOCK_VERSION_FLAG = 1 };

// All rights of a version are handled and none is granted: every path is denied.
static bool restrict_files(int *version) {
    long found = syscall(LANDLOCK_CREATE, NULL, 0, LANDLOCK_VERSION_FLAG);
    *version = found < 0 ? 0 : (int)found;
    if (found < 1) return false;
    struct ruleset rules = {.fs = (1u << 13) - 1};
    if (found >= 2) rules.fs |= 1u << 13;  // refer
    if (found >= 3) rules.fs |= 1u << 14;  // truncate
    if (found >= 5) rules.fs |= 1u << 15;  // ioctl on devices
    if (found >= 4) rules.net = 3;         // bind and connect TCP
    if (found >= 6) rules.scoped = 3;      // abstract sockets and signals
    size_t size = found >= 6 ? sizeof rules : found >= 4 ? 16 : 8;
    int set = (int)syscall(LANDLOCK_CREATE, &rules, size, 0);
    if (set < 0) return false;
    bool done = syscall(LANDLOCK_RESTRICT, set, 0) == 0;
    close(set);
    return done;
}

// ---- seccomp: an allow-list; everything else fails with EPERM, so that a codec can go on without it ----

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "seccomp filter: unknown architecture"
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ANSWER(value) BPF_STMT(BPF_RET | BPF_K, (value))
#define ALLOW(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), ANSWER(SECCOMP_RET_ALLOW)
// Allowed when the low word of an argument equals `value`; the number is loaded again afterwards.
#define ALLOW_IF(name, index, value) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 4), LOAD(args[index]), \
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, 1), ANSWER(SECCOMP_RET_ALLOW), LOAD(nr)
#define REFUSED (SECCOMP_RET_ERRNO | EPERM)

static bool filter_calls(void) {
    struct sock_filter filter[] = {
        LOAD(arch),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
        ANSWER(SECCOMP_RET_KILL_PROCESS),
        LOAD(nr),
        // x32 numbers are large and match nothing below.
        // Files that are already open
        ALLOW(read), ALLOW(pread64), ALLOW(readv), ALLOW(write), ALLOW(pwrite64), ALLOW(writev), ALLOW(lseek), ALLOW(fstat),
        ALLOW(close), ALLOW(ftruncate), ALLOW(dup),
        ALLOW_IF(fcntl, 1, F_GETFL), ALLOW_IF(fcntl, 1, F_DUPFD_CLOEXEC), ALLOW_IF(fcntl, 1, F_GETFD), ALLOW_IF(fcntl, 1, F_SETFD),
        // The one socket
        ALLOW_IF(recvmsg, 0, ATLAS_HELPER_SOCKET), ALLOW_IF(sendmsg, 0, ATLAS_HELPER_SOCKET), ALLOW(ppoll),
        // Memory
        ALLOW(mmap), ALLOW(munmap), ALLOW(mremap), ALLOW(mprotect), ALLOW(madvise), ALLOW(brk),
        // Threads of its own: clone3 hides its flags in memory, so glibc is told to use clone
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1), ANSWER(SECCOMP_RET_ERRNO | ENOSYS),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4), LOAD(args[0]),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1), ANSWER(SECCOMP_RET_ALLOW), LOAD(nr),
        ALLOW(futex), ALLOW(set_robust_list), ALLOW(rseq), ALLOW(sched_yield), ALLOW(sched_getaffinity), ALLOW(gettid), ALLOW(getpid),
        ALLOW(exit), ALLOW(exit_group), ALLOW(restart_syscall), ALLOW_IF(prctl, 0, PR_SET_NAME),
        // Signals to itself, as abort(3) sends them
        ALLOW_IF(tgkill, 0, (uint32_t)getpid()), ALLOW(rt_sigaction), ALLOW(rt_sigprocmask), ALLOW(rt_sigreturn), ALLOW(sigaltstack),
        // Time and chance
        ALLOW(clock_gettime), ALLOW(clock_getres), ALLOW(clock_nanosleep), ALLOW(nanosleep), ALLOW(gettimeofday), ALLOW(getrandom),
        ALLOW(getrusage), ALLOW(getcpu), ALLOW(uname), ALLOW(sysinfo), ALLOW(membarrier),
#if defined(__x86_64__)
        ALLOW(poll), ALLOW(time),
#endif
        // fstat(2) of newer C libraries, without a path of its own: Landlock and the descriptor decide
        ALLOW_IF(newfstatat, 3, 0x1000 /* AT_EMPTY_PATH */),
        ANSWER(REFUSED),
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};
    // TSYNC: threads that a library has started come under it too.
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0;
}

static bool limit(int resource, uint64_t value) {
    struct rlimit limits;
    if (getrlimit(resource, &limits)) return false;
    if (limits.rlim_max > value) limits.rlim_max = value;
    limits.rlim_cur = limits.rlim_max;
    return setrlimit(resource, &limits) == 0;
}

AtlasContainment atlas_contain(AtlasLimits limits) {
    AtlasContainment held = {0};
    held.limits = limit(RLIMIT_CORE, 0) & limit(RLIMIT_AS, limits.address_space) & limit(RLIMIT_FSIZE, limits.file_size)
        & limit(RLIMIT_CPU, limits.cpu) & limit(RLIMIT_NOFILE, limits.descriptors);
    held.no_new_privileges = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
    held.landlock = restrict_files(&held.landlock_version);
    held.seccomp = filter_calls();
    return held;
}

void atlas_become_helper(void) {
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    prctl(PR_SET_NAME, "atlas-helper", 0, 0, 0);
    int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file >= 0) {
        (void)!write(file, "1000", 4);
        close(file);
    }
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    signal(SIGPIPE, SIG_IGN);
    // A file over its limit is an error of write(2), not the end.
    signal(SIGXFSZ, SIG_IGN);
}
