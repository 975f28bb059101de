// A room on several Node processes: Socket.IO with its Redis streams adapter, over WebSockets from the first byte.
// Arguments: the port, and the port of Redis.
import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-streams-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";

const [port, redisPort] = process.argv.slice(2).map(Number);
const redis = createClient({ url: `redis://127.0.0.1:${redisPort}` });
await redis.connect();

const http = createServer();
const server = new Server(http, {
  // Texts only: the adapter does not search each message for binary parts.
  adapter: createAdapter(redis, { onlyPlaintext: true }),
  transports: ["websocket"],
  serveClient: false,
  perMessageDeflate: false,
  pingInterval: 60_000,
  pingTimeout: 60_000,
});
server.on("connection", (member) => {
  member.join("room");
  member.on("m", (text) => server.to("room").emit("m", text));
});
http.listen({ host: "127.0.0.1", port, backlog: 4096 });
