// SPDX-License-Identifier: GPL-2.0-or-later
//
// Preloaded into upstream's keepalived by scripts/bench: says yes to whatever is asked of IPVS by socket option. Upstream refuses to
// run its checkers on a kernel without IPVS; so what they cost can be measured anywhere, beside ours.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
#include <sys/socket.h>

enum { FIRST = 0x480, INFO = 0x481, LAST = 0x4bf };

static int is_ipvs(int level, int option) { return level == 0 && option >= FIRST && option <= LAST; }

int setsockopt(int fd, int level, int option, const void *value, socklen_t length) {
    static int (*next)(int, int, int, const void *, socklen_t);
    if (is_ipvs(level, option)) return 0;
    if (!next) next = dlsym(RTLD_NEXT, "setsockopt");
    return next(fd, level, option, value, length);
}

int getsockopt(int fd, int level, int option, void *value, socklen_t *length) {
    static int (*next)(int, int, int, void *, socklen_t *);
    if (is_ipvs(level, option)) {
        unsigned info[2] = {0x010201, 4096};  // the version, and the size of the table
        memset(value, 0, *length);
        if (option == INFO && *length >= sizeof info) memcpy(value, info, sizeof info);
        return 0;
    }
    if (!next) next = dlsym(RTLD_NEXT, "getsockopt");
    return next(fd, level, option, value, length);
}
