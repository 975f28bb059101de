// A room in Bun: uWebSockets' own publish/subscribe, without compression. Port: the first argument.
const room = Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.argv[2]),
  fetch: (request, server) => (server.upgrade(request) ? undefined : new Response("a room", { status: 426 })),
  websocket: {
    perMessageDeflate: false,
    idleTimeout: 0,
    // No member is dropped because it is slow: a message that is not sent would cost nothing.
    backpressureLimit: 256 * 1024 * 1024,
    open: (member) => member.subscribe("room"),
    message: (_, text) => room.publish("room", text),
  },
});
