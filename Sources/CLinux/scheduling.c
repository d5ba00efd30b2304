// sched_getaffinity, CPU_COUNT, SCHED_IDLE.
#define _GNU_SOURCE
#include "scheduling.h"

#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// As in linux/sched/types.h, whose names glibc's own headers may take.
struct attributes {
    uint32_t size;
    uint32_t policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime;
    uint64_t deadline;
    uint64_t period;
};

int atlas_run_in_short_slices(void) {
    struct attributes attributes;
    memset(&attributes, 0, sizeof attributes);
    if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) return -1;
    if (attributes.policy != SCHED_OTHER) return 0;
    attributes.size = sizeof attributes;
    attributes.flags = 0;
    // Nanoseconds; the least that Linux takes.
    attributes.runtime = 100000;
    return (int)syscall(SYS_sched_setattr, 0, &attributes, 0);
}

int atlas_permitted_processors(int *numbers, int room) {
    cpu_set_t set;
    // EINVAL where there are more processors than the set has room for (1024).
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 0;
    int written = 0;
    for (int number = 0; number < CPU_SETSIZE && written < room; number++)
        if (CPU_ISSET(number, &set)) numbers[written++] = number;
    return CPU_COUNT(&set);
}

int atlas_roam(pid_t thread) {
    cpu_set_t set;
    if (sched_getaffinity(getpid(), sizeof set, &set) != 0) return -1;
    return sched_setaffinity(thread, sizeof set, &set);
}

// Where the thread may run is said before its class, and given back before it: whoever sees the class sees a thread that is complete.
int atlas_give_way(int processor) {
    if (sched_getscheduler(0) != SCHED_OTHER) return 0;
    cpu_set_t one;
    CPU_ZERO(&one);
    if (processor >= 0 && processor < CPU_SETSIZE) CPU_SET(processor, &one);
    // EINVAL for a processor that has been taken from this process since: it gives way all the same.
    (void)sched_setaffinity(0, sizeof one, &one);
    struct sched_param none = {0};
    if (sched_setscheduler(0, SCHED_IDLE, &none) == 0) return 0;
    (void)atlas_roam(0);
    return -1;
}

int atlas_run_as_usual(pid_t thread) {
    if (sched_getscheduler(thread) != SCHED_IDLE) return 0;
    (void)atlas_roam(thread);
    struct sched_param none = {0};
    return sched_setscheduler(thread, SCHED_OTHER, &none);
}

static void *go_and_return(void *returned) {
    *(bool *)returned = atlas_give_way(-1) == 0 && atlas_run_as_usual(0) == 0;
    return NULL;
}

bool atlas_may_give_way(void) {
    // On a thread of its own, which ends whatever it has become.
    pthread_t thread;
    bool returned = false;
    if (pthread_create(&thread, NULL, go_and_return, &returned) != 0) return false;
    pthread_join(thread, NULL);
    return returned;
}

int atlas_processor(void) { return sched_getcpu(); }

pid_t atlas_thread(void) { return gettid(); }

bool atlas_gives_way(void) { return sched_getscheduler(0) == SCHED_IDLE; }
