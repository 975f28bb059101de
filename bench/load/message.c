/*
 * What is said, and what is checked. Every message carries "#pp.cccccccc.tttttttttttttttt." and padding that ends in "$":
 * its publisher, its place among that publisher's messages, and when it was said, in hexadecimal.
 */
#include "load.h"

#include <stdio.h>
#include <string.h>

#define HEAD 30 /* up to the padding */

static const struct dialect dialects[] = {
    { "plain", "/", "", "", false },
    { "chat", "/?history=0", "{\"type\":\"message\",\"id\":\"%08x\",\"text\":\"", "\"}", true },
    { "socket.io", "/socket.io/?EIO=4&transport=websocket", "42[\"m\",\"", "\"]", true },
};

const struct dialect *dialect_of(const char *name)
{
    for (size_t i = 0; i < sizeof dialects / sizeof *dialects; i++)
        if (!strcmp(dialects[i].name, name))
            return &dialects[i];
    give_up("%s is no dialect", name);
}

void message_say(struct client *publisher)
{
    char frame[128 + 65536];
    int at = sprintf(frame, load.dialect->before, publisher->said);
    char *text = frame + at;
    at += sprintf(text, "#%02x.%08x.%016llx.", publisher->number, publisher->said, (unsigned long long)now_ns());
    size_t padding = (size_t)load.payload - HEAD;
    memset(text + HEAD, 'x', padding);
    text[load.payload - 1] = '$';
    at += (int)padding;
    at += sprintf(frame + at, "%s", load.dialect->after);
    publisher->said++;
    load.said++;
    client_say(publisher, (const uint8_t *)frame, (size_t)at);
}

void message_fill_window(struct client *publisher)
{
    publisher->heard = false;
    while (load.publishing && publisher->said - publisher->echoed < (uint32_t)load.window)
        message_say(publisher);
    client_flush(publisher);
}

static uint64_t hex(const uint8_t *digits, int count)
{
    uint64_t value = 0;
    for (int i = 0; i < count; i++)
        value = value << 4 | (uint64_t)(digits[i] <= '9' ? digits[i] - '0' : digits[i] - 'a' + 10);
    return value;
}

void message_heard(struct client *c, const uint8_t *payload, size_t length)
{
    const uint8_t *text = memchr(payload, '#', length);
    if (!text)
        return; /* presence, a heartbeat: not ours */
    if ((size_t)(payload + length - text) < (size_t)load.payload || text[load.payload - 1] != '$') {
        load.malformed++;
        return;
    }
    unsigned publisher = (unsigned)hex(text + 1, 2);
    uint32_t counter = (uint32_t)hex(text + 4, 8);
    if (publisher >= (unsigned)load.publishers) {
        load.malformed++;
        return;
    }
    /* What never comes is missing in the sum of deliveries; what comes late, or again, is counted here. */
    if ((int32_t)(counter - c->next[publisher]) < 0)
        load.reordered++;
    else
        c->next[publisher] = counter + 1;
    load.delivered++;
    load.frame_bytes += length;
    if (load.measuring) {
        uint64_t said_at = hex(text + 13, 16);
        latency_add(received_at > said_at ? received_at - said_at : 0);
    }
    if (publisher == (unsigned)c->number) {
        c->echoed++;
        c->heard = true;
    }
}

/* A server that greets has let us in when it said so. */
bool message_greeted(struct client *c, const uint8_t *payload, size_t length)
{
    if (!strcmp(load.dialect->name, "chat"))
        return memmem(payload, length, "\"welcome\"", 9) != NULL;
    /* Engine.IO opens with 0{…}; Socket.IO's namespace is joined with 40, and answered with 40{…}. */
    if (length && payload[0] == '0')
        client_say(c, (const uint8_t *)"40", 2);
    return length > 1 && payload[0] == '4' && payload[1] == '0';
}
