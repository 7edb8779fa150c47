// SPDX-License-Identifier: GPL-2.0-or-later
/// Kernel headers, and the few things in them that Swift cannot import by itself. No logic.
///
/// What stands here is what glibc hides without _GNU_SOURCE, what is variadic, and what is a macro with arguments.
/// Each function returns a negative errno on failure.
#pragma once
#include <linux/ethtool.h>
#include <linux/fib_rules.h>
#include <linux/filter.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/ip_vs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sys/wait.h>

// Descriptors

int clinux_memfd_create(const char *name);
/// Seals a memfd against any change from now on.
int clinux_seal(int fd);
int clinux_is_sealed(int fd);
/// A file in the directory that has no name and goes with its last descriptor (O_TMPFILE).
int clinux_open_nameless(const char *directory);
/// Whether it is such a file, open for reading only.
int clinux_is_nameless(int fd);
int clinux_pipe(int ends[2]);
int clinux_accept(int fd);
/// Takes a write lock on the whole file for this open file description, without waiting.
int clinux_lock(int fd);
/// Closes every descriptor from `first` to `last`.
int clinux_close_range(unsigned int first, unsigned int last);
/// Waits like epoll_wait, with nanoseconds; a negative timeout waits for ever.
int clinux_epoll_wait(int epoll, struct epoll_event *events, int count, int64_t nanoseconds);

// Processes

int clinux_pidfd_open(pid_t pid);
int clinux_exited(int status);
int clinux_exit_code(int status);
int clinux_signaled(int status);
int clinux_termination_signal(int status);
int clinux_signal_first_realtime(void);
int clinux_signal_last_realtime(void);
int clinux_set_parent_death_signal(int signal);
int clinux_set_child_subreaper(int on);
/// Room for 16 bytes, the last of them zero.
int clinux_get_name(char *name);
int clinux_set_name(const char *name);
int clinux_set_timer_slack(unsigned long nanoseconds);
int clinux_set_dumpable(int on);
int clinux_set_keep_capabilities(int on);
int clinux_set_no_new_privileges(void);
/// Takes a capability out of the bounding set.
int clinux_drop_bounding(int capability);
/// Sets effective, permitted and inheritable capabilities, each a bit mask.
int clinux_set_capabilities(uint64_t effective, uint64_t permitted, uint64_t inheritable);
int clinux_get_capabilities(uint64_t *effective, uint64_t *permitted);
int clinux_set_processors(uint64_t low, uint64_t high);
int clinux_processor_count(void);
int clinux_enter_network_namespace(int fd);
/// Leaves the network namespace for a new one of its own.
int clinux_new_network_namespace(void);
/// Leaves the mount namespace for a copy in which mounts do not propagate out.
int clinux_new_mount_namespace(void);
int clinux_bind_mount(const char *source, const char *target);
int clinux_mount_sysfs(void);

/// How to start a script; every pointer is ready for use, so the child needs no memory of its own.
struct clinux_script {
    const char *path;
    char *const *arguments;
    char *const *environment;
    /// Used when the file is neither an ELF program nor begins with #!.
    char *const *shell_arguments;
    uid_t user;
    gid_t group;
    const gid_t *groups;
    size_t group_count;
    /// Whether to change user and group at all.
    int change_user;
    /// Resource limits to go back to.
    struct rlimit_pair {
        int resource;
        uint64_t soft, hard;
    } limits[4];
    size_t limit_count;
    int nice;
    int reset_scheduling;
};

/// Starts a script in a process group of its own and returns its pid. A script that cannot be started ends with 126 (not
/// allowed) or 127 (anything else), as a shell would say it.
pid_t clinux_start_script(const struct clinux_script *script);

// Datagrams

/// What is known about one datagram beside its bytes.
struct clinux_datagram {
    /// Where it lies in the buffer. Sent: given. Received: offset given, length filled in.
    size_t offset, length;
    /// The other end: who sent it, or whom to send it to.
    struct sockaddr_storage peer;
    socklen_t peer_length;
    /// This end: where it was sent to, or from where to send it. family 0 leaves it to the kernel.
    int local_family;
    uint8_t local[16];
    int interface;
    int hop_limit;
    /// Nonzero if the buffer was too small.
    int truncated;
};

/// Receives up to `count` datagrams, each into `stride` bytes of the buffer; returns how many. Does not wait.
/// `peers`: whether to ask for the other ends, too.
int clinux_receive(int fd, void *buffer, size_t stride, struct clinux_datagram *datagrams, unsigned int count, int peers);
/// Sends datagrams; returns how many were taken. Does not wait.
int clinux_send(int fd, const void *buffer, const struct clinux_datagram *datagrams, unsigned int count);

/// Sends one message with at most one descriptor (-1: none); returns the number of bytes.
ssize_t clinux_send_message(int fd, const void *bytes, size_t length, int descriptor);
/// Receives one message; `descriptor` becomes -1 if none came with it. Sets `truncated` if the buffer was too small.
ssize_t clinux_receive_message(int fd, void *bytes, size_t length, int *descriptor, int *truncated);

/// Asks an interface's driver whether there is a carrier: by ETHTOOL_GLINK, or by MII registers. 0 down, 1 up.
int clinux_ethtool_link(int fd, const char *name);
int clinux_mii_link(int fd, const char *name);
int clinux_running_link(int fd, const char *name);

/// Gives back free heap and what is below the frames of the stack.
void clinux_trim(void);

/// Gives back the pages of text and constants, which the kernel maps again from its page cache when they are used again.
void clinux_unmap_constants(void);
