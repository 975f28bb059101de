/*
 * The limit of one core: a room in C with one thread and no other function. A frame is appended once to a ring, a member is a cursor in
 * the ring, and one writev sends all its pending bytes. It answers only the handshake with the key of RFC 6455's example, trusts its
 * clients, and drops a member that falls behind the ring.
 *
 *   baseline PORT
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define RING (16u << 20) /* bytes; a power of two */
#define UNREAD (128u << 10)

struct member {
    int fd;
    size_t place;          /* its index in members */
    bool joined, blocked;
    uint64_t cursor;       /* bytes that were sent to it, since the start */
    uint8_t *unread;       /* an incomplete frame */
    size_t unread_length;
};

static uint8_t ring[RING];
static uint64_t head; /* bytes that were appended, since the start */
static struct member **members;
static size_t count, room_for;
static int epoll;

static void append(const void *bytes, size_t length)
{
    size_t at = head % RING, first = length < RING - at ? length : RING - at;
    memcpy(ring + at, bytes, first);
    memcpy(ring, (const uint8_t *)bytes + first, length - first);
    head += length;
}

static void drop(struct member *m)
{
    close(m->fd);
    members[m->place] = members[--count];
    members[m->place]->place = m->place;
    free(m->unread);
    free(m);
}

static void block(struct member *m, bool blocked)
{
    struct epoll_event e = { .events = EPOLLIN | (blocked ? EPOLLOUT : 0), .data.ptr = m };
    if (m->blocked != blocked)
        epoll_ctl(epoll, EPOLL_CTL_MOD, m->fd, &e);
    m->blocked = blocked;
}

/* Returns false if the member was dropped. */
static bool send_pending(struct member *m)
{
    while (m->cursor < head) {
        size_t at = m->cursor % RING, length = (size_t)(head - m->cursor), first = length < RING - at ? length : RING - at;
        struct iovec parts[2] = { { ring + at, first }, { ring, length - first } };
        if (length > RING) {
            drop(m);
            return false;
        }
        ssize_t sent = writev(m->fd, parts, parts[1].iov_len ? 2 : 1);
        if (sent < 0 && errno != EAGAIN) {
            drop(m);
            return false;
        }
        if (sent > 0)
            m->cursor += (uint64_t)sent;
        if (sent < (ssize_t)length) {
            block(m, true);
            return true;
        }
    }
    block(m, false);
    return true;
}

/* Reads a masked frame below 64 KiB. Returns its length; 0: it is incomplete; -1: the client closes. */
static ssize_t take_frame(uint8_t *at, size_t there)
{
    size_t header = 2, length = at[1] & 127;
    if (there < 4)
        return 0;
    if (length == 126) {
        header = 4;
        length = (size_t)at[2] << 8 | at[3];
    }
    if ((at[0] & 15) == 8 || length == 127)
        return -1;
    if (there < header + 4 + length)
        return 0;
    uint8_t *mask = at + header, *payload = mask + 4;
    uint64_t eight;
    memcpy(&eight, mask, 4);
    memcpy((uint8_t *)&eight + 4, mask, 4);
    size_t i = 0;
    for (uint64_t word; i + 8 <= length; i += 8) {
        memcpy(&word, payload + i, 8);
        word ^= eight;
        memcpy(payload + i, &word, 8);
    }
    for (; i < length; i++)
        payload[i] ^= mask[i & 3];
    if ((at[0] & 15) == 1) {
        uint8_t head_of[4] = { 0x81, (uint8_t)(length < 126 ? length : 126), (uint8_t)(length >> 8), (uint8_t)length };
        append(head_of, header);
        append(payload, length);
    }
    return (ssize_t)(header + 4 + length);
}

static size_t answer_handshake(struct member *m, const uint8_t *at, size_t there)
{
    static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                 "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    const uint8_t *end = memmem(at, there, "\r\n\r\n", 4);
    if (!end || send(m->fd, answer, sizeof answer - 1, MSG_NOSIGNAL) < 0)
        return 0;
    m->joined = true;
    m->cursor = head;
    return (size_t)(end + 4 - at);
}

static void receive(struct member *m)
{
    static uint8_t buffer[2 * UNREAD];
    memcpy(buffer, m->unread, m->unread_length);
    ssize_t got = recv(m->fd, buffer + m->unread_length, sizeof buffer - m->unread_length, 0);
    if (got <= 0) {
        if (got == 0 || errno != EAGAIN)
            drop(m);
        return;
    }
    size_t there = m->unread_length + (size_t)got, used = m->joined ? 0 : answer_handshake(m, buffer, there);
    for (ssize_t frame; m->joined && there - used > 1; used += (size_t)frame) {
        frame = take_frame(buffer + used, there - used);
        if (frame < 0) {
            drop(m);
            return;
        }
        if (frame == 0)
            break;
    }
    m->unread_length = there - used;
    memcpy(m->unread, buffer + used, m->unread_length);
}

static void accept_members(int listener)
{
    int yes = 1;
    for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
        struct member *m = calloc(1, sizeof *m);
        struct epoll_event e = { .events = EPOLLIN, .data.ptr = m };
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        m->fd = fd;
        m->unread = malloc(UNREAD);
        if (count == room_for)
            members = realloc(members, (room_for = room_for * 2 + 256) * sizeof *members);
        m->place = count;
        members[count++] = m;
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 0)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct rlimit files;
    struct epoll_event events[256] = { { .events = EPOLLIN } };
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    epoll = epoll_create1(0);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) || listen(listener, 4096) || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &events[0])) {
        perror("baseline");
        return 1;
    }
    for (;;) {
        int ready = epoll_wait(epoll, events, 256, -1);
        uint64_t before = head;
        for (int i = 0; i < ready; i++) {
            struct member *m = events[i].data.ptr;
            if (!m)
                accept_members(listener);
            else if (!(events[i].events & EPOLLOUT) || send_pending(m))
                if (events[i].events & ~(uint32_t)EPOLLOUT)
                    receive(m);
        }
        /* From the last to the first: a dropped member is replaced by the last one, which was served before. */
        for (size_t i = count; head != before && i-- > 0;)
            if (members[i]->joined && !members[i]->blocked)
                send_pending(members[i]);
    }
}
