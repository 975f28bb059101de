/* The parts of the load generator. It has one thread and one room, so its state is global. */
#pragma once
#define _GNU_SOURCE
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define MAX_PUBLISHERS 256
#define MAX_SERVERS 16 /* ports, and processes */
#define RECEIVE_BYTES (256 * 1024) /* of one call */

/* A growing buffer. Its content is from start to end; room is its capacity. */
struct bytes {
    uint8_t *at;
    size_t start, end, room;
};

enum stage { CONNECTING, UPGRADING, JOINING, MEMBER };

struct client {
    int fd, number, port;
    enum stage stage;
    bool blocked;             /* its socket is full */
    struct bytes in, out;     /* an unfinished frame; frames not yet sent */
    struct bytes record;      /* an unfinished record, if the dialect has records */
    uint32_t *next;           /* the expected counter of each publisher */
    uint32_t sent, echoed;    /* as a publisher */
    bool has_echo;            /* an echo arrived since it last filled its window */
};

/* The protocol of a server, around the text that all messages carry. */
struct dialect {
    const char *name, *target;
    const char *before, *after; /* around a message's text; before may hold one %08x, for an id */
    const char *hello;          /* sent after the handshake; NULL: nothing */
    const char *joined;         /* text of the message that completes a join; NULL: the handshake completes it */
    bool records;               /* frames contain records that end with RECORD_END; a record may continue in the next frame */
};

#define RECORD_END 0x1e

struct load {
    const struct dialect *dialect;
    const char *target;       /* of the handshake */
    struct client *clients;
    int ports[MAX_SERVERS], port_count; /* clients are distributed over them in turn */
    int count, publishers, window, payload, epoll;
    double rate;
    int members;              /* clients that joined */
    bool publishing, measuring;
    uint64_t sent, delivered, reordered, malformed;
    uint64_t frame_bytes;     /* of the frames that carried deliveries */
};

extern struct load load;

/* client.c: connections and their frames */
void client_open(struct client *c, int number);
void client_ready(struct client *c, uint32_t events);
void client_send(struct client *c, const uint8_t *text, size_t length); /* sent with the next flush */
void client_flush(struct client *c);
extern uint64_t received_at;  /* time of the recv whose bytes are handled now */

/* message.c: the messages and their checks */
const struct dialect *dialect_of(const char *name);
void message_send(struct client *publisher);
void message_fill_window(struct client *publisher);
void message_received(struct client *c, const uint8_t *payload, size_t length);
bool message_joins(struct client *c, const uint8_t *payload, size_t length);

/* stats.c: time, latencies, and the usage of processes */
struct usage {
    double cpu_seconds;
    long rss_kb, peak_kb;
};
uint64_t now_ns(void);
void latency_add(uint64_t ns);
double latency_ms(double share);
struct usage usage_of(const pid_t *pids, int count); /* of all of them together */
double own_cpu_seconds(void);

_Noreturn void fail(const char *format, ...);
