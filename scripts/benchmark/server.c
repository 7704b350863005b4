/* What scripts/bench probes: answers on loopback at as little cost as possible.
 *
 * usage: server accept|echo PORT
 *
 * accept  takes connections on every address of loopback, and holds each until 1,024 more have come: the client is
 *         the first to close, so no probe meets a FIN of ours
 * echo    sends datagrams back
 * Neither sleeps while it is busy: the kernel charges waking a server to whoever sends to it, and whether there is
 * something to wake depends on how fast that one is.
 * Prints a line when it is ready, and on SIGTERM how many connections or datagrams there were.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HELD = 1024, BATCH = 64, SIZE = 2048, BACKLOG = 65535, BUFFER = 4 << 20, AWAKE = 200000 /* ns */ };

static volatile sig_atomic_t stopped;
static long served;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void stop(int signal) {
    (void)signal;
    stopped = 1;
}

static long long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* Nothing has come: look again, or after a while without anything sleep until something comes. */
static void idle(int fd, const char *what, long long *awake_until) {
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    if (errno == ECONNABORTED || errno == ECONNREFUSED || errno == EINTR)
        return;
    if (errno != EAGAIN)
        fail(what);
    if (now() < *awake_until)
        return;
    poll(&wanted, 1, 100); /* and then SIGTERM may have come just before */
    *awake_until = now() + AWAKE;
}

static int bound(int type, int port) {
    int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), yes = 1, bytes = BUFFER;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(port)};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    /* Every address of 127.0.0.0/8, and none that another machine could reach. */
    if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3))
        fail("SO_BINDTODEVICE");
    if (bind(fd, (struct sockaddr *)&here, sizeof here))
        fail("bind");
    return fd;
}

static void accept_all(int port) {
    int held[HELD], listener = bound(SOCK_STREAM, port);
    long long awake_until = 0;
    memset(held, -1, sizeof held);
    if (listen(listener, BACKLOG))
        fail("listen");
    puts("ready");
    while (!stopped) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) {
            idle(listener, "accept", &awake_until);
            continue;
        }
        awake_until = now() + AWAKE;
        int *place = &held[served++ % HELD];
        if (*place >= 0)
            close(*place);
        *place = fd;
    }
}

static void echo_all(int port) {
    static struct mmsghdr messages[BATCH];
    static struct sockaddr_in from[BATCH];
    static struct iovec parts[BATCH];
    static char bytes[BATCH][SIZE];
    int fd = bound(SOCK_DGRAM, port);
    long long awake_until = 0;
    puts("ready");
    while (!stopped) {
        for (int n = 0; n < BATCH; n++) {
            parts[n] = (struct iovec){.iov_base = bytes[n], .iov_len = SIZE};
            messages[n].msg_hdr = (struct msghdr){
                .msg_name = &from[n], .msg_namelen = sizeof from[n], .msg_iov = &parts[n], .msg_iovlen = 1};
        }
        int some = recvmmsg(fd, messages, BATCH, 0, NULL);
        if (some < 0) {
            idle(fd, "recvmmsg", &awake_until);
            continue;
        }
        awake_until = now() + AWAKE;
        for (int n = 0; n < some; n++)
            parts[n].iov_len = messages[n].msg_len;
        served += some;
        /* A client that has gone refuses its answer, which is no trouble of ours. */
        for (int sent = 0; sent < some;) {
            int more = sendmmsg(fd, messages + sent, some - sent, 0);
            sent += more > 0 ? more : 1;
        }
    }
}

int main(int argc, char **argv) {
    struct sigaction action = {.sa_handler = stop};
    if (argc != 3) {
        fputs("usage: server accept|echo PORT\n", stderr);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    sigaction(SIGTERM, &action, NULL);
    if (!strcmp(argv[1], "accept"))
        accept_all(atoi(argv[2]));
    else
        echo_all(atoi(argv[2]));
    printf("%ld\n", served);
    return 0;
}
