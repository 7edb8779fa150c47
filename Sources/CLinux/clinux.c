// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <link.h>
#include <linux/capability.h>
#include <linux/mii.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int checked(long result) { return result < 0 ? -errno : (int)result; }

// Descriptors

int clinux_memfd_create(const char *name) { return checked(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING)); }

int clinux_seal(int fd)
{
    return checked(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE));
}

int clinux_is_sealed(int fd)
{
    int seals = fcntl(fd, F_GET_SEALS);
    return seals < 0 ? -errno : (seals & F_SEAL_WRITE) != 0;
}

int clinux_open_nameless(const char *directory)
{
    return checked(open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
}

int clinux_is_nameless(int fd)
{
    struct stat facts;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fstat(fd, &facts) < 0)
        return -errno;
    return S_ISREG(facts.st_mode) && facts.st_nlink == 0 && (flags & O_ACCMODE) == O_RDONLY;
}

int clinux_pipe(int ends[2]) { return checked(pipe2(ends, O_CLOEXEC | O_NONBLOCK)); }

int clinux_accept(int fd) { return checked(accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)); }

int clinux_lock(int fd)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return checked(fcntl(fd, F_OFD_SETLK, &whole));
}

int clinux_close_range(unsigned int first, unsigned int last)
{
    if (syscall(SYS_close_range, first, last, 0) == 0) return 0;
    if (errno != ENOSYS) return -errno;
    long limit = sysconf(_SC_OPEN_MAX);
    if (limit > 0 && last >= (unsigned long)limit) last = (unsigned int)limit - 1;
    for (unsigned int fd = first; fd <= last; fd++) close((int)fd);
    return 0;
}

int clinux_epoll_wait(int epoll, struct epoll_event *events, int count, int64_t nanoseconds)
{
    struct timespec timeout = {nanoseconds / 1000000000, nanoseconds % 1000000000};
    int ready = (int)syscall(SYS_epoll_pwait2, epoll, events, count, nanoseconds < 0 ? NULL : &timeout, NULL, 0);
    if (ready >= 0 || errno != ENOSYS) return checked(ready);
    int64_t milliseconds = nanoseconds < 0 ? -1 : (nanoseconds + 999999) / 1000000;
    return checked(epoll_wait(epoll, events, count, milliseconds > INT32_MAX ? INT32_MAX : (int)milliseconds));
}

// Processes

int clinux_pidfd_open(pid_t pid) { return checked(syscall(SYS_pidfd_open, pid, 0)); }
int clinux_exited(int status) { return WIFEXITED(status); }
int clinux_exit_code(int status) { return WEXITSTATUS(status); }
int clinux_signaled(int status) { return WIFSIGNALED(status); }
int clinux_termination_signal(int status) { return WTERMSIG(status); }
int clinux_signal_first_realtime(void) { return SIGRTMIN; }
int clinux_signal_last_realtime(void) { return SIGRTMAX; }
int clinux_set_parent_death_signal(int signal) { return checked(prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0)); }
int clinux_set_child_subreaper(int on) { return checked(prctl(PR_SET_CHILD_SUBREAPER, on, 0, 0, 0)); }
int clinux_get_name(char *name) { return checked(prctl(PR_GET_NAME, name, 0, 0, 0)); }
int clinux_set_name(const char *name) { return checked(prctl(PR_SET_NAME, name, 0, 0, 0)); }
int clinux_set_timer_slack(unsigned long nanoseconds) { return checked(prctl(PR_SET_TIMERSLACK, nanoseconds, 0, 0, 0)); }
int clinux_set_dumpable(int on) { return checked(prctl(PR_SET_DUMPABLE, on, 0, 0, 0)); }
int clinux_set_keep_capabilities(int on) { return checked(prctl(PR_SET_KEEPCAPS, on, 0, 0, 0)); }
int clinux_set_no_new_privileges(void) { return checked(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)); }
int clinux_drop_bounding(int capability) { return checked(prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)); }

int clinux_set_capabilities(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {
        {(uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable},
        {(uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), (uint32_t)(inheritable >> 32)},
    };
    return checked(syscall(SYS_capset, &header, data));
}

int clinux_get_capabilities(uint64_t *effective, uint64_t *permitted)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {0};
    if (syscall(SYS_capget, &header, data) < 0) return -errno;
    *effective = data[0].effective | (uint64_t)data[1].effective << 32;
    *permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
    return 0;
}

int clinux_set_processors(uint64_t low, uint64_t high)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int cpu = 0; cpu < 64; cpu++) {
        if (low >> cpu & 1) CPU_SET(cpu, &set);
        if (high >> cpu & 1) CPU_SET(64 + cpu, &set);
    }
    return checked(sched_setaffinity(0, sizeof set, &set));
}

int clinux_processor_count(void) { return checked(sysconf(_SC_NPROCESSORS_ONLN)); }

int clinux_enter_network_namespace(int fd) { return checked(setns(fd, CLONE_NEWNET)); }
int clinux_new_network_namespace(void) { return checked(unshare(CLONE_NEWNET)); }

int clinux_new_mount_namespace(void)
{
    if (unshare(CLONE_NEWNS) < 0) return -errno;
    return checked(mount("", "/", "none", MS_SLAVE | MS_REC, NULL));
}

int clinux_bind_mount(const char *source, const char *target)
{
    return checked(mount(source, target, "none", MS_BIND, NULL));
}

int clinux_mount_sysfs(void)
{
    if (umount2("/sys", MNT_DETACH) < 0 && errno != EINVAL) return -errno;
    return checked(mount("sysfs", "/sys", "sysfs", 0, NULL));
}

/// The child's side of clinux_start_script: only system calls, on memory prepared by the parent.
static void run_script(const struct clinux_script *script, pid_t parent)
{
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int number = 1; number < _NSIG; number++) sigaction(number, &standard, NULL);

    setpgid(0, 0);
    for (size_t index = 0; index < script->limit_count; index++) {
        struct rlimit limit = {script->limits[index].soft, script->limits[index].hard};
        setrlimit((__rlimit_resource_t)script->limits[index].resource, &limit);
    }
    if (script->reset_scheduling) {
        struct sched_param normal = {0};
        sched_setscheduler(0, SCHED_OTHER, &normal);
    }
    setpriority(PRIO_PROCESS, 0, script->nice);

    int null = open("/dev/null", O_RDWR);
    if (null < 0) return;
    dup2(null, 0);
    dup2(null, 1);
    dup2(null, 2);
    clinux_close_range(3, ~0U);

    if (script->change_user &&
        (setgroups(script->group_count, script->groups) < 0 ||
         setresgid(script->group, script->group, script->group) < 0 ||
         setresuid(script->user, script->user, script->user) < 0))
        return;

    // A change of user clears it, so it comes after; the parent may have died before it took effect.
    prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
    if (getppid() != parent) _exit(0);

    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(script->path, script->arguments, script->environment);
    if (errno == ENOEXEC) execve("/bin/sh", script->shell_arguments, script->environment);
}

pid_t clinux_start_script(const struct clinux_script *script)
{
    pid_t parent = getpid();
    pid_t child = fork();
    if (child < 0) return -errno;
    if (child > 0) {
        // Both sides do it, so that a kill of the group cannot come too early.
        setpgid(child, child);
        return child;
    }
    run_script(script, parent);
    _exit(errno == EACCES || errno == EPERM ? 126 : 127);
}

// Datagrams

enum { most_at_once = 64, most_sent_at_once = 128 };

union control {
    struct cmsghdr header;
    char bytes[160];
};

static void note_control(struct clinux_datagram *datagram, struct msghdr *message)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        const void *data = CMSG_DATA(part);
        if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, data, sizeof info);
            datagram->local_family = AF_INET;
            memcpy(datagram->local, &info.ipi_addr, 4);
            datagram->interface = info.ipi_ifindex;
        } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, data, sizeof info);
            datagram->local_family = AF_INET6;
            memcpy(datagram->local, &info.ipi6_addr, 16);
            datagram->interface = (int)info.ipi6_ifindex;
        } else if ((part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_TTL) ||
                   (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_HOPLIMIT)) {
            memcpy(&datagram->hop_limit, data, sizeof datagram->hop_limit);
        }
    }
}

int clinux_receive(int fd, void *buffer, size_t stride, struct clinux_datagram *datagrams, unsigned int count, int peers)
{
    struct mmsghdr messages[most_at_once];
    struct iovec pieces[most_at_once];
    union control controls[most_at_once];
    if (count > most_at_once) count = most_at_once;
    for (unsigned int index = 0; index < count; index++) {
        datagrams[index] = (struct clinux_datagram){.offset = index * stride, .hop_limit = -1};
        pieces[index] = (struct iovec){(char *)buffer + index * stride, stride};
        messages[index].msg_hdr = (struct msghdr){
            .msg_name = peers ? &datagrams[index].peer : NULL,
            .msg_namelen = peers ? sizeof datagrams[index].peer : 0,
            .msg_iov = &pieces[index],
            .msg_iovlen = 1,
            .msg_control = &controls[index],
            .msg_controllen = sizeof controls[index],
        };
    }
    int received = recvmmsg(fd, messages, count, MSG_DONTWAIT, NULL);
    for (int index = 0; index < received; index++) {
        datagrams[index].length = messages[index].msg_len;
        datagrams[index].peer_length = messages[index].msg_hdr.msg_namelen;
        datagrams[index].truncated = (messages[index].msg_hdr.msg_flags & MSG_TRUNC) != 0;
        note_control(&datagrams[index], &messages[index].msg_hdr);
    }
    return checked(received);
}

union sent_control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

static void put_control(const struct clinux_datagram *datagram, struct msghdr *message, union sent_control *control)
{
    if (datagram->local_family == 0 && datagram->interface == 0) return;
    message->msg_control = control;
    message->msg_controllen = sizeof *control;
    struct cmsghdr *part = CMSG_FIRSTHDR(message);
    if (datagram->peer.ss_family == AF_INET6) {
        struct in6_pktinfo info = {.ipi6_ifindex = (unsigned int)datagram->interface};
        if (datagram->local_family == AF_INET6) memcpy(&info.ipi6_addr, datagram->local, 16);
        *part = (struct cmsghdr){CMSG_LEN(sizeof info), IPPROTO_IPV6, IPV6_PKTINFO};
        memcpy(CMSG_DATA(part), &info, sizeof info);
        message->msg_controllen = CMSG_SPACE(sizeof info);
    } else {
        struct in_pktinfo info = {.ipi_ifindex = datagram->interface};
        if (datagram->local_family == AF_INET) memcpy(&info.ipi_spec_dst, datagram->local, 4);
        *part = (struct cmsghdr){CMSG_LEN(sizeof info), IPPROTO_IP, IP_PKTINFO};
        memcpy(CMSG_DATA(part), &info, sizeof info);
        message->msg_controllen = CMSG_SPACE(sizeof info);
    }
}

int clinux_send(int fd, const void *buffer, const struct clinux_datagram *datagrams, unsigned int count)
{
    struct mmsghdr messages[most_sent_at_once];
    struct iovec pieces[most_sent_at_once];
    union sent_control controls[most_sent_at_once];
    if (count > most_sent_at_once) count = most_sent_at_once;
    for (unsigned int index = 0; index < count; index++) {
        pieces[index] = (struct iovec){(char *)buffer + datagrams[index].offset, datagrams[index].length};
        messages[index].msg_hdr = (struct msghdr){
            .msg_name = datagrams[index].peer_length ? (void *)&datagrams[index].peer : NULL,
            .msg_namelen = datagrams[index].peer_length,
            .msg_iov = &pieces[index],
            .msg_iovlen = 1,
        };
        put_control(&datagrams[index], &messages[index].msg_hdr, &controls[index]);
    }
    return checked(sendmmsg(fd, messages, count, MSG_DONTWAIT | MSG_NOSIGNAL));
}

ssize_t clinux_send_message(int fd, const void *bytes, size_t length, int descriptor)
{
    struct iovec piece = {(void *)bytes, length};
    union control control = {0};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    if (descriptor >= 0) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(sizeof descriptor);
        struct cmsghdr *part = CMSG_FIRSTHDR(&message);
        *part = (struct cmsghdr){CMSG_LEN(sizeof descriptor), SOL_SOCKET, SCM_RIGHTS};
        memcpy(CMSG_DATA(part), &descriptor, sizeof descriptor);
    }
    ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);
    return sent < 0 ? -errno : sent;
}

ssize_t clinux_receive_message(int fd, void *bytes, size_t length, int *descriptor, int *truncated)
{
    struct iovec piece = {bytes, length};
    union control control;
    struct msghdr message = {
        .msg_iov = &piece,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = CMSG_SPACE(sizeof *descriptor),
    };
    *descriptor = -1;
    ssize_t received = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    if (received < 0) return -errno;
    struct cmsghdr *part = CMSG_FIRSTHDR(&message);
    if (part && part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS)
        memcpy(descriptor, CMSG_DATA(part), sizeof *descriptor);
    *truncated = (message.msg_flags & MSG_TRUNC) != 0;
    return received;
}

static void put_name(struct ifreq *request, const char *name) { strncpy(request->ifr_name, name, IFNAMSIZ - 1); }

int clinux_ethtool_link(int fd, const char *name)
{
    struct ethtool_value value = {.cmd = ETHTOOL_GLINK};
    struct ifreq request = {0};
    put_name(&request, name);
    request.ifr_data = (void *)&value;
    return ioctl(fd, SIOCETHTOOL, &request) < 0 ? -errno : value.data != 0;
}

int clinux_running_link(int fd, const char *name)
{
    struct ifreq request = {0};
    put_name(&request, name);
    return ioctl(fd, SIOCGIFFLAGS, &request) < 0 ? -errno : (request.ifr_flags & IFF_RUNNING) != 0;
}

int clinux_mii_link(int fd, const char *name)
{
    struct ifreq request = {0};
    put_name(&request, name);
    if (ioctl(fd, SIOCGMIIPHY, &request) < 0) return -errno;
    struct mii_ioctl_data *data = (struct mii_ioctl_data *)&request.ifr_data;
    data->reg_num = MII_BMSR;
    // The link bit latches a past failure: the first read clears it, the second tells the present.
    if (ioctl(fd, SIOCGMIIREG, &request) < 0 || ioctl(fd, SIOCGMIIREG, &request) < 0) return -errno;
    return (data->val_out & BMSR_LSTATUS) != 0;
}

static int unmap_constant_segments(struct dl_phdr_info *object, size_t size, void *unused)
{
    const uintptr_t page = 4096;
    (void)size, (void)unused;
    for (int index = 0; index < object->dlpi_phnum; index++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[index];
        // What relocation wrote to lies in writable segments and must stay.
        if (segment->p_type != PT_LOAD || segment->p_flags & PF_W) continue;
        const uintptr_t start = (object->dlpi_addr + segment->p_vaddr) & ~(page - 1);
        const uintptr_t end = (object->dlpi_addr + segment->p_vaddr + segment->p_memsz) & ~(page - 1);
        if (end > start) madvise((void *)start, end - start, MADV_DONTNEED);
    }
    return 0;
}

// What a reading used of the stack lies below; some pages are left for this call itself.
static void give_back_stack(void) {
    char here;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t end = ((uintptr_t)&here & ~(page - 1)) - 4 * page, size = 128 * page;
    madvise((void *)(end - size), size, MADV_DONTNEED);
}

void clinux_trim(void) {
    malloc_trim(0);
    give_back_stack();
}

void clinux_unmap_constants(void) { dl_iterate_phdr(unmap_constant_segments, NULL); }
