/* The server that scripts/bench probes: replies on loopback at minimum cost.
 *
 * usage: loopback_server accept|echo PORT
 *
 * accept  accepts connections on every address of 127.0.0.0/8 and closes each after 1,024 more: the client closes first,
 *         so no probe gets a FIN
 * echo    sends datagrams back
 * Neither sleeps while there is traffic: the kernel charges the wake-up of a sleeping server to the client, and whether
 * the server sleeps depends on the rate of the client.
 * Prints "ready", and on SIGTERM the number of connections or datagrams.
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

enum { HELD = 1024, BATCH = 64, SIZE = 2048, BACKLOG = 65535, BUFFER = 4 << 20, BUSY_POLL = 200000 /* ns */ };

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

/* Without traffic: polls again, or sleeps once BUSY_POLL is over. */
static void idle(int fd, const char *what, long long *busy_until) {
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    if (errno == ECONNABORTED || errno == ECONNREFUSED || errno == EINTR)
        return;
    if (errno != EAGAIN)
        fail(what);
    if (now() < *busy_until)
        return;
    poll(&wanted, 1, 100); /* a timeout, as SIGTERM may have come just before */
    *busy_until = now() + BUSY_POLL;
}

static int bound_socket(int type, int port) {
    int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), yes = 1, bytes = BUFFER;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(port)};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    /* Every address of 127.0.0.0/8, and no other. */
    if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3))
        fail("SO_BINDTODEVICE");
    if (bind(fd, (struct sockaddr *)&here, sizeof here))
        fail("bind");
    return fd;
}

static void accept_all(int port) {
    int held[HELD], listener = bound_socket(SOCK_STREAM, port);
    long long busy_until = 0;
    memset(held, -1, sizeof held);
    if (listen(listener, BACKLOG))
        fail("listen");
    puts("ready");
    while (!stopped) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) {
            idle(listener, "accept", &busy_until);
            continue;
        }
        busy_until = now() + BUSY_POLL;
        int *slot = &held[served++ % HELD];
        if (*slot >= 0)
            close(*slot);
        *slot = fd;
    }
}

static void echo_all(int port) {
    static struct mmsghdr messages[BATCH];
    static struct sockaddr_in from[BATCH];
    static struct iovec parts[BATCH];
    static char bytes[BATCH][SIZE];
    int fd = bound_socket(SOCK_DGRAM, port);
    long long busy_until = 0;
    puts("ready");
    while (!stopped) {
        for (int n = 0; n < BATCH; n++) {
            parts[n] = (struct iovec){.iov_base = bytes[n], .iov_len = SIZE};
            messages[n].msg_hdr = (struct msghdr){
                .msg_name = &from[n], .msg_namelen = sizeof from[n], .msg_iov = &parts[n], .msg_iovlen = 1};
        }
        int received = recvmmsg(fd, messages, BATCH, 0, NULL);
        if (received < 0) {
            idle(fd, "recvmmsg", &busy_until);
            continue;
        }
        busy_until = now() + BUSY_POLL;
        for (int n = 0; n < received; n++)
            parts[n].iov_len = messages[n].msg_len;
        served += received;
        /* An error is a port-unreachable of a client that has closed its socket: skip the reply. */
        for (int sent = 0; sent < received;) {
            int more = sendmmsg(fd, messages + sent, received - sent, 0);
            sent += more > 0 ? more : 1;
        }
    }
}

int main(int argc, char **argv) {
    struct sigaction action = {.sa_handler = stop};
    if (argc != 3) {
        fputs("usage: loopback_server accept|echo PORT\n", stderr);
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
