// A room in Node with ws: a loop over the members, as in its README. Port: the first argument.
import { WebSocketServer, WebSocket } from "ws";

const room = new WebSocketServer({ host: "127.0.0.1", port: Number(process.argv[2]), backlog: 4096, perMessageDeflate: false });
room.on("connection", (member) => {
  member.on("error", () => {});
  member.on("message", (text, binary) => {
    for (const other of room.clients) if (other.readyState === WebSocket.OPEN) other.send(text, { binary });
  });
});
