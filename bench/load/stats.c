/* Time, latencies, and the usage of processes. */
#include "load.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* Each power of two has 64 buckets: the error of a percentile is at most 1.6 %. */
#define PARTS 64
static uint64_t buckets[64 * PARTS], recorded;

uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void latency_add(uint64_t ns)
{
    int shift = ns < PARTS ? 0 : 57 - __builtin_clzll(ns); /* so that ns >> shift is from PARTS to 2 * PARTS - 1 */
    buckets[(size_t)shift * PARTS + (ns >> shift)]++;
    recorded++;
}

double latency_ms(double share)
{
    uint64_t wanted = (uint64_t)(share * (double)recorded), seen = 0;
    for (size_t i = 0; i < sizeof buckets / sizeof *buckets; i++) {
        seen += buckets[i];
        if (seen > wanted || (seen == recorded && recorded)) {
            size_t shift = i < 2 * PARTS ? 0 : i / PARTS - 1;
            return (double)((i - shift * PARTS) << shift) / 1e6;
        }
    }
    return 0;
}

static void add_usage(struct usage *u, pid_t pid)
{
    long rss = 0, peak = 0;
    char path[64], line[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *f = fopen(path, "r");
    if (!f || !fgets(line, sizeof line, f))
        fail("no process %d", pid);
    fclose(f);
    /* The name in parentheses may contain any character. Fields 14 and 15 are user and system time. */
    unsigned long user, system;
    char *rest = strrchr(line, ')');
    if (!rest || sscanf(rest + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
        fail("cannot read %s", path);
    u->cpu_seconds += (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    if ((f = fopen(path, "r"))) {
        while (fgets(line, sizeof line, f)) {
            sscanf(line, "VmRSS: %ld", &rss);
            sscanf(line, "VmHWM: %ld", &peak);
        }
        fclose(f);
    }
    u->rss_kb += rss;
    u->peak_kb += peak;
}

struct usage usage_of(const pid_t *pids, int count)
{
    struct usage u = { 0 };
    for (int i = 0; i < count; i++)
        add_usage(&u, pids[i]);
    return u;
}

double own_cpu_seconds(void)
{
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) + (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}
