/*
 * Loads one room over raw WebSockets and checks every delivery: N clients join, some of them publish, and each receives all messages,
 * including its own. It has one thread, so that it needs one core beside that of the server.
 *
 *   load --port 34000 --dialect chat --clients 500 --publishers 8 --window 64 --payload 100 --pid 4711
 *
 * --port takes a list (2000,2001), over which the clients are distributed in turn, --pid a list of processes, whose usage is added.
 *
 * With a window each publisher keeps that many messages in flight until it receives its own echo. With a rate all publishers together send
 * that many messages a second, regardless of the echoes. Prints one JSON object. Exit code: 0; 1 if a message was lost or reordered; 2 if
 * the room could not be loaded.
 */
#include "load.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define SECOND 1000000000ull
#define MAX_PARALLEL_JOINS 64

struct load load = { .count = 50, .publishers = 8, .payload = 100 };
static int opened, timer = -1;
static uint64_t ticks;

_Noreturn void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "load: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    exit(2);
}

/* Sends the messages that are due; publishers take turns. */
static void on_timer(void)
{
    uint64_t missed;
    if (read(timer, &missed, sizeof missed) != sizeof missed)
        return;
    for (; missed && load.publishing; missed--) {
        struct client *publisher = &load.clients[ticks++ % (uint64_t)load.publishers];
        message_send(publisher);
        client_flush(publisher);
    }
}

static void poll_once(int milliseconds)
{
    struct epoll_event events[64];
    int count = epoll_wait(load.epoll, events, 64, milliseconds);
    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr)
            client_ready(events[i].data.ptr, events[i].events);
        else
            on_timer();
    }
    for (int i = 0; load.window && i < load.publishers; i++)
        if (load.clients[i].has_echo)
            message_fill_window(&load.clients[i]);
}

static void run_for(double seconds)
{
    for (uint64_t end = now_ns() + (uint64_t)(seconds * SECOND); now_ns() < end;)
        poll_once(5);
}

static void join_all(void)
{
    uint64_t deadline = now_ns() + 60 * SECOND;
    while (load.members < load.count) {
        for (; opened < load.count && opened - load.members < MAX_PARALLEL_JOINS; opened++)
            client_open(&load.clients[opened], opened);
        poll_once(50);
        if (now_ns() > deadline)
            fail("only %d of %d have joined", load.members, load.count);
    }
    run_for(0.3); /* the events about the joins */
}

static void start(void)
{
    load.publishing = true;
    if (load.window) {
        for (int i = 0; i < load.publishers; i++)
            message_fill_window(&load.clients[i]);
        return;
    }
    uint64_t gap = (uint64_t)(SECOND / load.rate);
    struct itimerspec every = { { (time_t)(gap / SECOND), (long)(gap % SECOND) }, { (time_t)(gap / SECOND), (long)(gap % SECOND) } };
    struct epoll_event e = { .events = EPOLLIN, .data.ptr = NULL };
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    timerfd_settime(timer, 0, &every, NULL);
    epoll_ctl(load.epoll, EPOLL_CTL_ADD, timer, &e);
}

/* Waits until all deliveries have arrived, or none for three seconds. */
static void drain(void)
{
    load.publishing = false;
    uint64_t last = load.delivered, since = now_ns();
    while (load.delivered < load.sent * (uint64_t)load.count && now_ns() - since < 3 * SECOND) {
        poll_once(10);
        if (load.delivered != last) {
            last = load.delivered;
            since = now_ns();
        }
    }
}

/* Reads a list of numbers, such as 2000,2001. Returns how many there are. */
static int read_list(const char *text, int *numbers)
{
    int count = 0;
    for (char *end = (char *)text; *end; text = end + 1) {
        long number = strtol(text, &end, 10);
        if (end == text || (*end && *end != ',') || number < 1 || count == MAX_SERVERS)
            fail("a list is of at most %d numbers, such as 2000,2001", MAX_SERVERS);
        numbers[count++] = (int)number;
    }
    return count;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        { "port", 1, 0, 'p' }, { "dialect", 1, 0, 'x' }, { "clients", 1, 0, 'c' }, { "publishers", 1, 0, 'b' }, { "window", 1, 0, 'w' },
        { "rate", 1, 0, 'r' }, { "payload", 1, 0, 's' }, { "warm-up", 1, 0, 'u' }, { "duration", 1, 0, 'd' }, { "pid", 1, 0, 'i' },
        { "target", 1, 0, 't' }, { 0 },
    };
    const char *dialect = "plain";
    double warm_up = 1.5, duration = 5;
    pid_t pids[MAX_SERVERS];
    int pid_count = 0;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (o) {
        case 'p': load.port_count = read_list(optarg, load.ports); break;
        case 'x': dialect = optarg; break;
        case 'c': load.count = atoi(optarg); break;
        case 'b': load.publishers = atoi(optarg); break;
        case 'w': load.window = atoi(optarg); break;
        case 'r': load.rate = atof(optarg); break;
        case 's': load.payload = atoi(optarg); break;
        case 'u': warm_up = atof(optarg); break;
        case 'd': duration = atof(optarg); break;
        case 'i': pid_count = read_list(optarg, pids); break;
        case 't': load.target = optarg; break;
        default: return 2;
        }
    }
    load.dialect = dialect_of(dialect);
    if (!load.target)
        load.target = load.dialect->target;
    if (load.publishers > load.count)
        load.publishers = load.count;
    if (!pid_count || !load.port_count || load.publishers < 1 || load.publishers > MAX_PUBLISHERS || load.payload < 32 || load.payload > 60000
        || (load.window > 0) == (load.rate > 0))
        fail("needs --port, --pid, and a --window or a --rate; a payload is 32 to 60000 bytes, publishers are 1 to %d", MAX_PUBLISHERS);

    signal(SIGPIPE, SIG_IGN);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    load.epoll = epoll_create1(0);
    load.clients = calloc((size_t)load.count, sizeof *load.clients);

    join_all();
    start();
    run_for(warm_up);

    struct usage before = usage_of(pids, pid_count);
    uint64_t delivered = load.delivered, sent = load.sent, began = now_ns();
    double own = own_cpu_seconds();
    load.measuring = true;
    run_for(duration);
    load.measuring = false;
    double seconds = (double)(now_ns() - began) / SECOND;
    struct usage after = usage_of(pids, pid_count);
    delivered = load.delivered - delivered;
    sent = load.sent - sent;
    own = own_cpu_seconds() - own;

    drain();
    uint64_t expected = load.sent * (uint64_t)load.count, lost = expected > load.delivered ? expected - load.delivered : 0;
    double millions = delivered ? (double)delivered / 1e6 : 1;
    printf("{\"deliveries\":%llu,\"deliveriesPerSecond\":%.0f,\"messagesPerSecond\":%.1f,\"frameBytes\":%.1f,"
           "\"cpuPerMillion\":%.5f,\"generatorCpuPerMillion\":%.5f,\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f,"
           "\"rssKb\":%ld,\"peakKb\":%ld,\"lost\":%llu,\"reordered\":%llu,\"malformed\":%llu}\n",
        (unsigned long long)delivered, (double)delivered / seconds, (double)sent / seconds,
        load.delivered ? (double)load.frame_bytes / (double)load.delivered : 0, (after.cpu_seconds - before.cpu_seconds) / millions, own / millions,
        latency_ms(0.5), latency_ms(0.99), latency_ms(1), after.rss_kb, after.peak_kb, (unsigned long long)lost,
        (unsigned long long)load.reordered, (unsigned long long)load.malformed);
    return delivered == 0 || lost || load.reordered || load.malformed;
}
