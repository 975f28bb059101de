/*
 * What forwarding costs the kernel: every connection is passed on to another port of this machine, bytes as they come, by one recv and
 * one send each way. One thread; it reads no HTTP, chooses nothing and notices no failure, and who does not read holds up everybody.
 *
 *   forwarder PORT OTHER-PORT
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

struct side {
    int fd;
    struct side *other;
};

static int epoll;
static struct sockaddr_in other_port;

static struct side *watch(int fd)
{
    struct side *side = calloc(1, sizeof *side);
    struct epoll_event e = { .events = EPOLLIN, .data.ptr = side };
    int yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    side->fd = fd;
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
    return side;
}

static void welcome(int listener)
{
    for (int fd; (fd = accept4(listener, NULL, NULL, 0)) >= 0;) {
        int onward = socket(AF_INET, SOCK_STREAM, 0);
        if (onward < 0 || connect(onward, (struct sockaddr *)&other_port, sizeof other_port)) {
            perror("forwarder");
            exit(1);
        }
        struct side *a = watch(fd), *b = watch(onward);
        a->other = b;
        b->other = a;
    }
}

static void forward(struct side *from)
{
    static uint8_t buffer[64 * 1024];
    ssize_t got = recv(from->fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (got > 0) {
        send(from->other->fd, buffer, (size_t)got, MSG_NOSIGNAL); /* waits until all of it is taken */
    } else if (got == 0 || errno != EAGAIN) {
        epoll_ctl(epoll, EPOLL_CTL_DEL, from->fd, NULL);
        shutdown(from->other->fd, SHUT_WR);
    }
}

static struct sockaddr_in loopback(const char *port)
{
    return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    struct sockaddr_in here = loopback(argv[1]);
    struct rlimit files;
    struct epoll_event events[256] = { { .events = EPOLLIN } };
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    other_port = loopback(argv[2]);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    epoll = epoll_create1(0);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) || listen(listener, 4096) || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &events[0])) {
        perror("forwarder");
        return 1;
    }
    for (;;) {
        int ready = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            struct side *side = events[i].data.ptr;
            if (side)
                forward(side);
            else
                welcome(listener);
        }
    }
}
