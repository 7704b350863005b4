/* Baseline for the cost of a probe: the least code that makes the same measurement, for scripts/bench.
 *
 * usage: baseline blocking|epoll|same-syscalls|io_uring|udp ADDRESS PORT COUNT IN-FLIGHT
 *        baseline timer|busy-timer INTERVAL-US COUNT [PORT]
 *
 * A TCP probe is socket, connect, wait, SO_ERROR, TCP_INFO, close, and two clock readings. It closes with a RST
 * (SO_LINGER 0): after a FIN the port stays in TIME_WAIT, and the ephemeral range lasts for 28,000 probes.
 *   blocking       blocking connect(); one probe in flight
 *   epoll          non-blocking connect(), epoll
 *   same-syscalls  as epoll, with the other system calls of synack: IP_RECVERR, bind to the next port, local address
 *   io_uring       IORING_OP_CONNECT; exit code 77 where it is not available
 *   udp            datagrams of 32 bytes through one socket, sendmmsg and recvmmsg
 *   timer          wakes at a fixed interval and prints how many ns late; with a port, each time also a blocking probe
 *                  to it on loopback
 *   busy-timer     the same without sleeping
 * Prints the numbers of probes that connected (or got a reply), were refused, and failed otherwise.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#if __has_include(<linux/io_uring.h>)
#include <linux/io_uring.h>
#endif

enum { MAX_IN_FLIGHT = 1024, SIZE = 32, FIRST_PORT = 32768, PORTS = 28232 };

static struct sockaddr_in target;
static long connected, refused, other;
static long long total_ns; /* printed, so that the compiler keeps the clock readings */

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static long long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int open_socket(int flags) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    return fd < 0 ? (fail("socket"), fd) : fd;
}

static void count_outcome(int error) {
    if (error == 0)
        connected++;
    else if (error == ECONNREFUSED)
        refused++;
    else
        other++;
}

/* Reads TCP_INFO and closes. */
static void finish(int fd, int error, long long started_at) {
    struct tcp_info info;
    socklen_t length = sizeof info;
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    total_ns += now() - started_at;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length))
        fail("TCP_INFO");
    count_outcome(error);
    if (!error)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(fd);
}

static void blocking(long count) {
    for (long n = 0; n < count; n++) {
        int fd = open_socket(0);
        long long started_at = now();
        int error = connect(fd, (struct sockaddr *)&target, sizeof target) ? errno : 0;
        finish(fd, error, started_at);
    }
}

/* Binds to the next free port of the ephemeral range. */
static void bind_next_port(int fd) {
    static unsigned next_port;
    struct sockaddr_in local = {.sin_family = AF_INET};
    int yes = 1;
    setsockopt(fd, IPPROTO_IP, IP_RECVERR, &yes, sizeof yes);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (!next_port)
        next_port = getpid();
    for (int tries = 0; tries < PORTS; tries++) {
        local.sin_port = htons(FIRST_PORT + next_port++ % PORTS);
        if (!bind(fd, (struct sockaddr *)&local, sizeof local))
            return;
    }
    fail("bind");
}

static void start(int epoll, int same_syscalls, long long *started_at) {
    int fd = open_socket(SOCK_NONBLOCK);
    struct epoll_event wanted = {.events = EPOLLOUT, .data.fd = fd};
    struct sockaddr_in local;
    socklen_t length = sizeof local;
    if (fd >= 2 * MAX_IN_FLIGHT)
        fail("too many descriptors");
    if (same_syscalls)
        bind_next_port(fd);
    started_at[fd] = now();
    if (connect(fd, (struct sockaddr *)&target, sizeof target) && errno != EINPROGRESS)
        fail("connect");
    if (same_syscalls)
        getsockname(fd, (struct sockaddr *)&local, &length);
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &wanted))
        fail("epoll_ctl");
}

static void event_loop(long count, int in_flight, int same_syscalls) {
    static long long started_at[2 * MAX_IN_FLIGHT];
    struct epoll_event events[MAX_IN_FLIGHT];
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    long started = 0, ended = 0;
    for (; started < in_flight && started < count; started++)
        start(epoll, same_syscalls, started_at);
    while (ended < count) {
        int ready = epoll_wait(epoll, events, MAX_IN_FLIGHT, 5000);
        if (ready <= 0)
            fail("epoll_wait");
        for (int n = 0; n < ready; n++, ended++) {
            int fd = events[n].data.fd, error = 0;
            socklen_t length = sizeof error;
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
            finish(fd, error, started_at[fd]);
            if (started < count) {
                start(epoll, same_syscalls, started_at);
                started++;
            }
        }
    }
}

#ifdef IORING_SETUP_DEFER_TASKRUN
static struct {
    int fd;
    unsigned *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail, *cq_mask;
    struct io_uring_sqe *sqes;
    struct io_uring_cqe *cqes;
} ring;

static void *mapped(size_t length, off_t offset) {
    void *at = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring.fd, offset);
    return at == MAP_FAILED ? (fail("mmap"), at) : at;
}

static void open_ring(void) {
    struct io_uring_params p = {.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN};
    ring.fd = syscall(SYS_io_uring_setup, MAX_IN_FLIGHT, &p);
    if (ring.fd < 0) {
        perror("io_uring_setup");
        exit(77);
    }
    char *sq = mapped(p.sq_off.array + p.sq_entries * sizeof(unsigned), IORING_OFF_SQ_RING);
    char *cq = mapped(p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
    ring.sqes = mapped(p.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
    ring.sq_tail = (unsigned *)(sq + p.sq_off.tail);
    ring.sq_mask = (unsigned *)(sq + p.sq_off.ring_mask);
    ring.sq_array = (unsigned *)(sq + p.sq_off.array);
    ring.cq_head = (unsigned *)(cq + p.cq_off.head);
    ring.cq_tail = (unsigned *)(cq + p.cq_off.tail);
    ring.cq_mask = (unsigned *)(cq + p.cq_off.ring_mask);
    ring.cqes = (struct io_uring_cqe *)(cq + p.cq_off.cqes);
}

static void submit(long long *started_at) {
    int fd = open_socket(0);
    if (fd >= 2 * MAX_IN_FLIGHT)
        fail("too many descriptors");
    unsigned tail = *ring.sq_tail, index = tail & *ring.sq_mask;
    ring.sqes[index] = (struct io_uring_sqe){.opcode = IORING_OP_CONNECT, .fd = fd, .user_data = fd,
                                             .addr = (unsigned long)&target, .off = sizeof target};
    ring.sq_array[index] = index;
    started_at[fd] = now();
    __atomic_store_n(ring.sq_tail, tail + 1, __ATOMIC_RELEASE);
}

static void io_uring(long count, int in_flight) {
    static long long started_at[2 * MAX_IN_FLIGHT];
    long started = 0, ended = 0;
    open_ring();
    while (ended < count) {
        unsigned queued = 0;
        for (; started < count && started - ended < in_flight; started++, queued++)
            submit(started_at);
        if (syscall(SYS_io_uring_enter, ring.fd, queued, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
            fail("io_uring_enter");
        unsigned head = *ring.cq_head, tail = __atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE);
        for (; head != tail; head++, ended++) {
            struct io_uring_cqe *completion = &ring.cqes[head & *ring.cq_mask];
            finish(completion->user_data, -completion->res, started_at[completion->user_data]);
        }
        __atomic_store_n(ring.cq_head, head, __ATOMIC_RELEASE);
    }
}
#else
static void io_uring(long count, int in_flight) {
    (void)count, (void)in_flight;
    fputs("built without io_uring: linux/io_uring.h is missing or older than Linux 6.1\n", stderr);
    exit(77);
}
#endif

struct datagrams {
    struct mmsghdr messages[MAX_IN_FLIGHT];
    struct iovec parts[MAX_IN_FLIGHT];
    char bytes[MAX_IN_FLIGHT][SIZE];
};

static struct datagrams *new_datagrams(void) {
    struct datagrams *all = calloc(1, sizeof *all);
    for (int n = 0; n < MAX_IN_FLIGHT; n++) {
        all->parts[n] = (struct iovec){.iov_base = all->bytes[n], .iov_len = SIZE};
        all->messages[n].msg_hdr = (struct msghdr){.msg_iov = &all->parts[n], .msg_iovlen = 1};
    }
    return all;
}

/* Each datagram begins with its number, which matches the reply to it. */
static void udp(long count, int in_flight) {
    struct datagrams *out = new_datagrams(), *in = new_datagrams();
    static long long started_at[MAX_IN_FLIGHT];
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct timeval timeout = {.tv_sec = 5};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    if (connect(fd, (struct sockaddr *)&target, sizeof target))
        fail("connect");
    for (long started = 0, ended = 0; ended < count;) {
        int queued = 0;
        for (; started < count && started - ended < in_flight; started++, queued++) {
            memcpy(out->bytes[queued], &started, sizeof started);
            started_at[started % MAX_IN_FLIGHT] = now();
        }
        for (int sent = 0; sent < queued;) {
            int accepted = sendmmsg(fd, out->messages + sent, queued - sent, 0);
            if (accepted < 0)
                fail("sendmmsg");
            sent += accepted;
        }
        int replies = recvmmsg(fd, in->messages, MAX_IN_FLIGHT, MSG_WAITFORONE, NULL);
        if (replies < 0)
            fail("recvmmsg");
        for (int n = 0; n < replies; n++, ended++) {
            long number;
            memcpy(&number, in->bytes[n], sizeof number);
            total_ns += now() - started_at[number % MAX_IN_FLIGHT];
            count_outcome(number < started ? 0 : EBADMSG);
        }
    }
}

/* Lateness of timer wake-ups. */
static void timer(long long interval, long count, int port, int is_busy) {
    target = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    long long due = now();
    for (long n = 0; n < count; n++) {
        due += interval;
        struct timespec until = {.tv_sec = due / 1000000000, .tv_nsec = due % 1000000000};
        while (is_busy && now() < due)
            ;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
        printf("%lld\n", now() - due);
        if (port)
            blocking(1);
    }
}

int main(int argc, char **argv) {
    int is_busy = argc > 1 && !strcmp(argv[1], "busy-timer");
    if ((argc == 4 || argc == 5) && (is_busy || !strcmp(argv[1], "timer"))) {
        timer(atoll(argv[2]) * 1000, atol(argv[3]), argc == 5 ? atoi(argv[4]) : 0, is_busy);
        return 0;
    }
    if (argc != 6 || atoi(argv[5]) < 1 || atoi(argv[5]) > MAX_IN_FLIGHT) {
        fputs("usage: baseline blocking|epoll|same-syscalls|io_uring|udp ADDRESS PORT COUNT IN-FLIGHT (1 to 1024)\n", stderr);
        return 2;
    }
    const char *mode = argv[1];
    long count = atol(argv[4]);
    int in_flight = atoi(argv[5]);
    target = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(argv[3]))};
    if (inet_pton(AF_INET, argv[2], &target.sin_addr) != 1)
        fail(argv[2]);
    if (!strcmp(mode, "blocking"))
        blocking(count);
    else if (!strcmp(mode, "epoll") || !strcmp(mode, "same-syscalls"))
        event_loop(count, in_flight, !strcmp(mode, "same-syscalls"));
    else if (!strcmp(mode, "io_uring"))
        io_uring(count, in_flight);
    else
        udp(count, in_flight);
    printf("%ld %ld %ld mean %lld ns\n", connected, refused, other, total_ns / (count ? count : 1));
    return 0;
}
