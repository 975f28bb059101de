/* A connection: its handshake and its frames (the part of RFC 6455 that these servers use). */
#include "load.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

/* The key of the RFC's example, and the answer to it. */
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

enum { CONTINUATION = 0, TEXT = 1, CLOSE = 8, PING = 9, PONG = 10 };

uint64_t received_at;

static uint8_t *reserve(struct bytes *b, size_t more)
{
    if (b->start == b->end)
        b->start = b->end = 0;
    if (b->room < b->end + more) {
        b->room = (b->end + more) * 2;
        b->at = realloc(b->at, b->room);
        if (!b->at)
            fail("out of memory");
    }
    return b->at + b->end;
}

static void watch(struct client *c, int how, bool blocked)
{
    struct epoll_event e = { .events = EPOLLIN | (blocked ? EPOLLOUT : 0), .data.ptr = c };
    c->blocked = blocked;
    if (epoll_ctl(load.epoll, how, c->fd, &e))
        fail("epoll: %s", strerror(errno));
}

void client_flush(struct client *c)
{
    while (c->out.start < c->out.end) {
        ssize_t sent = send(c->fd, c->out.at + c->out.start, c->out.end - c->out.start, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            if (!c->blocked)
                watch(c, EPOLL_CTL_MOD, true);
            return;
        }
        if (sent < 0)
            fail("send: %s", strerror(errno));
        c->out.start += (size_t)sent;
    }
    if (c->blocked)
        watch(c, EPOLL_CTL_MOD, false);
}

static void add_frame(struct client *c, int opcode, const uint8_t *payload, size_t length)
{
    static uint32_t mask = 0x9e3779b9;
    uint8_t *frame = reserve(&c->out, length + 14);
    size_t header = 2;
    frame[0] = (uint8_t)(0x80 | opcode);
    if (length < 126) {
        frame[1] = (uint8_t)(0x80 | length);
    } else if (length < 65536) {
        frame[1] = 0x80 | 126;
        frame[2] = (uint8_t)(length >> 8);
        frame[3] = (uint8_t)length;
        header = 4;
    } else {
        fail("a message of %zu bytes", length);
    }
    mask = mask * 1664525 + 1013904223;
    memcpy(frame + header, &mask, 4);
    for (size_t i = 0; i < length; i++)
        frame[header + 4 + i] = payload[i] ^ frame[header + (i & 3)];
    c->out.end += header + 4 + length;
}

void client_send(struct client *c, const uint8_t *text, size_t length)
{
    add_frame(c, TEXT, text, length);
}

void client_open(struct client *c, int number)
{
    int port = load.ports[number % load.port_count], yes = 1;
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    c->number = number;
    c->port = port;
    c->next = calloc((size_t)load.publishers, sizeof *c->next);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (c->fd < 0)
        fail("socket: %s", strerror(errno));
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (connect(c->fd, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS)
        fail("connect: %s", strerror(errno));
    c->stage = CONNECTING;
    watch(c, EPOLL_CTL_ADD, true);
}

static void upgrade(struct client *c)
{
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error)
        fail("connect to port %d: %s", c->port, strerror(error));
    c->out.end += (size_t)sprintf((char *)reserve(&c->out, 1024),
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: " KEY "\r\nSec-WebSocket-Version: 13\r\n\r\n", load.target, c->port);
    c->stage = UPGRADING;
}

static void join(struct client *c)
{
    c->stage = MEMBER;
    load.members++;
}

/* Returns the length of the complete answer to the handshake; 0: it is incomplete. */
static size_t upgraded(struct client *c, const uint8_t *at, size_t there)
{
    const uint8_t *end = memmem(at, there, "\r\n\r\n", 4);
    if (!end)
        return 0;
    size_t head = (size_t)(end + 4 - at);
    if (memcmp(at, "HTTP/1.1 101", 12) || !memmem(at, head, ACCEPT, sizeof ACCEPT - 1))
        fail("handshake refused: %.*s", (int)head, (const char *)at);
    if (load.dialect->hello)
        client_send(c, (const uint8_t *)load.dialect->hello, strlen(load.dialect->hello));
    if (load.dialect->joined)
        c->stage = JOINING;
    else
        join(c);
    return head;
}

static void on_message(struct client *c, const uint8_t *text, size_t length)
{
    if (c->stage == MEMBER)
        message_received(c, text, length);
    else if (message_joins(c, text, length))
        join(c);
}

static void keep(struct bytes *b, const uint8_t *at, size_t length)
{
    memcpy(reserve(b, length), at, length);
    b->end += length;
}

/* A frame contains several records, or a part of one. */
static void on_records(struct client *c, const uint8_t *at, size_t length)
{
    for (const uint8_t *end; (end = memchr(at, RECORD_END, length)); length -= (size_t)(end + 1 - at), at = end + 1) {
        if (c->record.end == 0) {
            on_message(c, at, (size_t)(end - at));
        } else {
            keep(&c->record, at, (size_t)(end - at));
            on_message(c, c->record.at, c->record.end);
            c->record.end = 0;
        }
    }
    if (length)
        keep(&c->record, at, length);
}

static void on_frame(struct client *c, int first, const uint8_t *payload, size_t length)
{
    int opcode = first & 15;
    if (opcode == CLOSE)
        fail("member %d was closed with code %d", c->number, length > 1 ? payload[0] << 8 | payload[1] : 1005);
    if (load.dialect->records && (opcode == TEXT || opcode == CONTINUATION))
        on_records(c, payload, length);
    else if ((first & 0xf0) != 0x80)
        load.malformed++;
    else if (opcode == PING)
        add_frame(c, PONG, payload, length);
    else if (opcode != PONG)
        on_message(c, payload, length);
}

/* Returns the number of bytes in complete frames. */
static size_t take_frames(struct client *c, const uint8_t *at, size_t there)
{
    size_t used = 0;
    while (there - used >= 2) {
        const uint8_t *frame = at + used;
        size_t header = 2, length = frame[1] & 127;
        if (length == 126) {
            header = 4;
            if (there - used < header)
                break;
            length = (size_t)frame[2] << 8 | frame[3];
        } else if (length == 127) {
            header = 10;
            if (there - used < header)
                break;
            length = 0;
            for (int i = 2; i < 10; i++)
                length = length << 8 | frame[i];
        }
        if (there - used < header + length)
            break;
        on_frame(c, frame[0], frame + header, length);
        used += header + length;
    }
    return used;
}

static void receive(struct client *c)
{
    /* All clients share one buffer, which stays in the cache. A client keeps the rest of an incomplete frame. */
    static uint8_t *buffer;
    static size_t room;
    size_t kept = c->in.end - c->in.start;
    if (room < kept + RECEIVE_BYTES) {
        room = kept + 2 * RECEIVE_BYTES;
        if (!(buffer = realloc(buffer, room)))
            fail("out of memory");
    }
    ssize_t got = recv(c->fd, buffer + kept, RECEIVE_BYTES, 0);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0)
        fail("member %d lost its connection: %s", c->number, got ? strerror(errno) : "end of stream");
    received_at = now_ns();
    if (kept)
        memcpy(buffer, c->in.at + c->in.start, kept);
    c->in.start = c->in.end = 0;
    size_t there = kept + (size_t)got, used = 0;
    if (c->stage == UPGRADING)
        used = upgraded(c, buffer, there);
    if (c->stage != UPGRADING)
        used += take_frames(c, buffer + used, there - used);
    if (used < there)
        keep(&c->in, buffer + used, there - used);
}

void client_ready(struct client *c, uint32_t events)
{
    if (c->stage == CONNECTING)
        upgrade(c);
    else if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        receive(c);
    if (c->out.start < c->out.end || c->blocked)
        client_flush(c);
}
