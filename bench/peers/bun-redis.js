// A room on several Bun processes: Bun's own publish/subscribe in each, Redis publish/subscribe between them.
// Arguments: the port, and the port of Redis.
import { RedisClient } from "bun";

const [port, redisPort] = process.argv.slice(2).map(Number);
const [publisher, subscriber] = [1, 2].map(() => new RedisClient(`redis://127.0.0.1:${redisPort}`));
await Promise.all([publisher.connect(), subscriber.connect()]);

let room;
await subscriber.subscribe("room", (text) => room.publish("room", text));
room = Bun.serve({
  hostname: "127.0.0.1",
  port,
  fetch: (request, server) => (server.upgrade(request) ? undefined : new Response("a room", { status: 426 })),
  websocket: {
    perMessageDeflate: false,
    idleTimeout: 0,
    // No member is dropped because it is slow: a message that is not sent would cost nothing.
    backpressureLimit: 256 * 1024 * 1024,
    open: (member) => member.subscribe("room"),
    message: (_, text) => void publisher.publish("room", text),
  },
});
