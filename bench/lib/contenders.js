// What is compared: how each is started, and how its clients speak. Servers run on core 0; what only helps them, on core 1.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { built, here } from "./places.js";
import { freePort, listens, serverCore, start, stop, until } from "./processes.js";
import { startOurs, startForwarder, startLoadBalancer } from "./ours.js";

const peer = (program, args, env) => async () => {
  const port = await freePort();
  const server = start(serverCore, program(), [...args, String(port)], env);
  await until(server, program(), async () => (await listens(port), true));
  return { port, pid: server.pid, stop: () => stop(server) };
};

const script = (name) => join(here, "peers", name);
const bun = () => ["x64", "aarch64"].map((cpu) => join(here, "node_modules", "@oven", `bun-linux-${cpu}`, "bin", "bun")).find(existsSync);
const baseline = () => join(built, "baseline");

export const contenders = {
  ours: { dialect: "chat", start: startOurs },
  // The same room, reached through another process; the figures are that one's. Ours is compiled while it runs, the busy part again.
  "load-balancer": { dialect: "chat", start: startLoadBalancer, warmUp: 6 },
  forwarder: { dialect: "chat", start: startForwarder },
  baseline: { dialect: "plain", start: peer(baseline, []) },
  // The same with messages as long as our events are: what the kernel takes for the bytes alone.
  "baseline-as-ours": { dialect: "plain", start: peer(baseline, []), frameOf: "ours" },
  bun: { dialect: "plain", start: peer(bun, [script("bun.js")]) },
  ws: { dialect: "plain", start: peer(() => process.execPath, [script("ws.js")], { NODE_ENV: "production" }) },
  "socket.io": { dialect: "socket.io", start: peer(() => process.execPath, [script("socket.io.js")], { NODE_ENV: "production" }) },
};
