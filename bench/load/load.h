/* The parts of the load generator. One thread, one room: every name below exists once. */
#pragma once
#define _GNU_SOURCE
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define MAX_PUBLISHERS 256
#define RECEIVE_BYTES (256 * 1024) /* of one recv */

/* A growing buffer: bytes from start to end are in it. */
struct bytes {
    uint8_t *at;
    size_t start, end, room;
};

enum stage { CONNECTING, UPGRADING, GREETING, MEMBER };

struct client {
    int fd, number;
    enum stage stage;
    bool blocked;             /* waits until its socket takes more */
    struct bytes in, out;     /* an unfinished frame; frames not yet sent */
    uint32_t *next;           /* of each publisher, the counter that should come next */
    uint32_t said, echoed;    /* as a publisher */
    bool heard;               /* an echo came since it last filled its window */
};

/* How a server's clients speak, around the text that all of them carry. */
struct dialect {
    const char *name, *target;
    const char *before, *after; /* around a message's text; before may hold one %08x, for an id */
    bool greets;                /* a member only after something was said */
};

struct load {
    const struct dialect *dialect;
    const char *target;       /* of the handshake */
    struct client *clients;
    int port, count, publishers, window, payload, epoll;
    double rate;
    int members;              /* clients that have joined */
    bool publishing, measuring;
    uint64_t said, delivered, reordered, malformed;
    uint64_t frame_bytes;     /* of the frames that carried deliveries */
};

extern struct load load;

/* client.c: connections, and the frames on them */
void client_open(struct client *c, int number);
void client_ready(struct client *c, uint32_t events);
void client_say(struct client *c, const uint8_t *text, size_t length); /* leaves with the next flush */
void client_flush(struct client *c);
extern uint64_t received_at;  /* when the bytes that are being handled came: those of one recv came together */

/* message.c: what is said, and what is checked */
const struct dialect *dialect_of(const char *name);
void message_say(struct client *publisher);
void message_fill_window(struct client *publisher);
void message_heard(struct client *c, const uint8_t *payload, size_t length);
bool message_greeted(struct client *c, const uint8_t *payload, size_t length);

/* stats.c: time, latencies, and what a process has used */
struct usage {
    double cpu_seconds;
    long rss_kb, peak_kb;
};
uint64_t now_ns(void);
void latency_add(uint64_t ns);
double latency_ms(double share);
struct usage usage_of(pid_t pid);
double own_cpu_seconds(void);

_Noreturn void give_up(const char *format, ...);
