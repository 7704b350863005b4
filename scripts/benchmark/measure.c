/* Runs a command and says what it cost, for scripts/bench.
 *
 * usage: measure RESULT LIMIT INTERRUPT COMMAND...
 *
 * Kills the command after LIMIT seconds; with INTERRUPT above 0, sends it SIGINT after so many. Writes one line to
 * the file RESULT: status, and in microseconds wall time, user time, system time, and the time from SIGINT to the
 * end; then the peak of its memory in KiB.
 *
 * That peak is why this is a program: a child begins with the memory of whoever forked it, and ru_maxrss remembers
 * that (fs/exec.c, exec_mmap), so it must be someone smaller than what is measured.
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
static volatile sig_atomic_t interrupts;
static volatile long long interrupted_at;
static long long deadline;

static long long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000LL + time.tv_nsec / 1000;
}

static void wake_in(long long us) {
    if (us < 1)
        us = 1;
    struct itimerval timer = {.it_value = {.tv_sec = us / 1000000, .tv_usec = us % 1000000}};
    setitimer(ITIMER_REAL, &timer, NULL);
}

static void alarmed(int signal) {
    (void)signal;
    if (interrupts) {
        interrupts = 0;
        interrupted_at = now();
        kill(child, SIGINT);
        wake_in(deadline - interrupted_at);
    } else {
        kill(child, SIGKILL);
    }
}

static long long us(struct timeval time) { return time.tv_sec * 1000000LL + time.tv_usec; }

int main(int argc, char **argv) {
    struct sigaction action = {.sa_handler = alarmed, .sa_flags = SA_RESTART};
    struct rusage usage;
    int status;
    if (argc < 5) {
        fputs("usage: measure RESULT LIMIT INTERRUPT COMMAND...\n", stderr);
        return 2;
    }
    double limit = atof(argv[2]), interrupt = atof(argv[3]);
    sigaction(SIGALRM, &action, NULL);
    long long began = now();
    deadline = began + limit * 1e6;
    child = vfork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execvp(argv[4], argv + 4);
        _exit(127);
    }
    interrupts = interrupt > 0;
    wake_in((interrupt > 0 ? interrupt : limit) * 1e6);
    while (wait4(child, &status, 0, &usage) < 0 && errno == EINTR)
        ;
    long long end = now();
    FILE *result = fopen(argv[1], "w");
    if (!result)
        return 1;
    fprintf(result, "%d %lld %lld %lld %lld %ld\n", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status),
            end - began, us(usage.ru_utime), us(usage.ru_stime), interrupted_at ? end - interrupted_at : 0,
            usage.ru_maxrss);
    return fclose(result) != 0;
}
