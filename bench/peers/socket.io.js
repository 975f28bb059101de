// A room in Node with Socket.IO, over WebSockets from the first byte. Port: the first argument.
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const server = new Server(http, { transports: ["websocket"], serveClient: false, perMessageDeflate: false, pingInterval: 60_000, pingTimeout: 60_000 });
server.on("connection", (member) => {
  member.join("room");
  member.on("m", (text) => server.to("room").emit("m", text));
});
http.listen({ host: "127.0.0.1", port: Number(process.argv[2]), backlog: 4096 });
