/*
 * Messages and their checks. Each message contains "#pp.cccccccc.tttttttttttttttt." and padding that ends in "$": its publisher, its number
 * among the messages of this publisher, and the time of sending, in hexadecimal.
 */
#include "load.h"

#include <stdio.h>
#include <string.h>

#define HEAD 30 /* bytes before the padding */

static const struct dialect dialects[] = {
    { "plain", "/", "", "", NULL, NULL, false },
    { "chat", "/?history=0", "{\"type\":\"message\",\"id\":\"%08x\",\"text\":\"", "\"}", NULL, "\"welcome\"", false },
    { "socket.io", "/socket.io/?EIO=4&transport=websocket", "42[\"m\",\"", "\"]", NULL, "40{", false },
    { "signalr", "/room", "{\"type\":1,\"target\":\"Say\",\"arguments\":[\"", "\"]}\x1e", "{\"protocol\":\"json\",\"version\":1}\x1e",
      "\"joined\"", true },
};

const struct dialect *dialect_of(const char *name)
{
    for (size_t i = 0; i < sizeof dialects / sizeof *dialects; i++)
        if (!strcmp(dialects[i].name, name))
            return &dialects[i];
    fail("%s is no dialect", name);
}

void message_send(struct client *publisher)
{
    char frame[128 + 65536];
    int at = sprintf(frame, load.dialect->before, publisher->sent);
    char *text = frame + at;
    at += sprintf(text, "#%02x.%08x.%016llx.", publisher->number, publisher->sent, (unsigned long long)now_ns());
    size_t padding = (size_t)load.payload - HEAD;
    memset(text + HEAD, 'x', padding);
    text[load.payload - 1] = '$';
    at += (int)padding;
    at += sprintf(frame + at, "%s", load.dialect->after);
    publisher->sent++;
    load.sent++;
    client_send(publisher, (const uint8_t *)frame, (size_t)at);
}

void message_fill_window(struct client *publisher)
{
    publisher->has_echo = false;
    while (load.publishing && publisher->sent - publisher->echoed < (uint32_t)load.window)
        message_send(publisher);
    client_flush(publisher);
}

static uint64_t hex(const uint8_t *digits, int count)
{
    uint64_t value = 0;
    for (int i = 0; i < count; i++)
        value = value << 4 | (uint64_t)(digits[i] <= '9' ? digits[i] - '0' : digits[i] - 'a' + 10);
    return value;
}

void message_received(struct client *c, const uint8_t *payload, size_t length)
{
    const uint8_t *text = memchr(payload, '#', length);
    if (!text)
        return; /* not a message: presence, a heartbeat */
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
    /* Late and repeated messages. A lost message is missing in the sum of deliveries. */
    if ((int32_t)(counter - c->next[publisher]) < 0)
        load.reordered++;
    else
        c->next[publisher] = counter + 1;
    load.delivered++;
    load.frame_bytes += length;
    if (load.measuring) {
        uint64_t sent_at = hex(text + 13, 16);
        latency_add(received_at > sent_at ? received_at - sent_at : 0);
    }
    if (publisher == (unsigned)c->number) {
        c->echoed++;
        c->has_echo = true;
    }
}

/* Returns whether a message completes the join. */
bool message_joins(struct client *c, const uint8_t *payload, size_t length)
{
    /* Engine.IO opens with 0{…}; then the namespace of Socket.IO is joined with 40. */
    if (length && payload[0] == '0')
        client_send(c, (const uint8_t *)"40", 2);
    return memmem(payload, length, load.dialect->joined, strlen(load.dialect->joined)) != NULL;
}
