/* Runs a command and reports its time and memory, for scripts/bench.
 *
 * usage: rusage RESULT LIMIT INTERRUPT COMMAND...
 *
 * Kills the command after LIMIT seconds. With INTERRUPT above 0, sends it SIGINT after that many seconds. Writes one line
 * to the file RESULT: exit status; wall time, user time, system time and time from SIGINT to the end, in us; peak memory
 * in KiB.
 *
 * It is a program of its own because of the peak: ru_maxrss of a child includes the memory of its parent at the time of
 * fork (fs/exec.c, exec_mmap), so the parent must be smaller than the command.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile pid_t child;
static volatile sig_atomic_t interrupt_pending;
static volatile long long interrupted_at;
static long long deadline;

static long long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000LL + time.tv_nsec / 1000;
}

static void set_timer(long long us) {
    if (us < 1)
        us = 1;
    struct itimerval timer = {.it_value = {.tv_sec = us / 1000000, .tv_usec = us % 1000000}};
    setitimer(ITIMER_REAL, &timer, NULL);
}

static void on_alarm(int signal) {
    (void)signal;
    if (interrupt_pending) {
        interrupt_pending = 0;
        interrupted_at = now();
        kill(child, SIGINT);
        set_timer(deadline - interrupted_at);
    } else {
        kill(child, SIGKILL);
    }
}

static long long us(struct timeval time) { return time.tv_sec * 1000000LL + time.tv_usec; }

int main(int argc, char **argv) {
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    struct rusage usage;
    int status;
    if (argc < 5) {
        fputs("usage: rusage RESULT LIMIT INTERRUPT COMMAND...\n", stderr);
        return 2;
    }
    double limit = atof(argv[2]), interrupt = atof(argv[3]);
    sigaction(SIGALRM, &action, NULL);
    long long started_at = now();
    deadline = started_at + limit * 1e6;
    child = vfork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execvp(argv[4], argv + 4);
        _exit(127);
    }
    interrupt_pending = interrupt > 0;
    set_timer((interrupt > 0 ? interrupt : limit) * 1e6);
    while (wait4(child, &status, 0, &usage) < 0 && errno == EINTR)
        ;
    long long end = now();
    FILE *result = fopen(argv[1], "w");
    if (!result)
        return 1;
    fprintf(result, "%d %lld %lld %lld %lld %ld\n", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status),
            end - started_at, us(usage.ru_utime), us(usage.ru_stime), interrupted_at ? end - interrupted_at : 0,
            usage.ru_maxrss);
    return fclose(result) != 0;
}
