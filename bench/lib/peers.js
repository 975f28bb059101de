// The servers that ours is compared with: one process, or two processes with Redis between them.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { built, here, signalR } from "./places.js";
import { freePort, group, untilListening } from "./processes.js";
import { startRedis } from "./redis.js";

const script = (name) => join(here, "peers", name);
const bun = () => ["x64", "aarch64"].map((cpu) => join(here, "node_modules", "@oven", `bun-linux-${cpu}`, "bin", "bun")).find(existsSync);
const production = { NODE_ENV: "production" };

// Each program takes its port as the last argument, or its port and the port of Redis.
export const startBaseline = single(() => join(built, "baseline"), []);
export const startBun = single(bun, [script("bun.js")]);
export const startWs = single(() => process.execPath, [script("ws.js")], production);
export const startSocketIo = single(() => process.execPath, [script("socket.io.js")], production);
export const startBunRedis = pair(bun, [script("bun-redis.js")]);
export const startSocketIoRedis = pair(() => process.execPath, [script("socket.io-redis.js")], production);
export const startSignalRRedis = pair(() => "dotnet", [signalR]);

function single(program, args, env) {
  return ({ cores }) =>
    group(async (start) => {
      const port = await freePort();
      const server = start(cores.server, program(), [...args, String(port)], env);
      await untilListening(server, program(), port);
      return { ports: [port], pids: [server.pid] };
    });
}

function pair(program, args, env) {
  return ({ cores }) =>
    group(async (start) => {
      const redis = await startRedis(start, cores.server);
      const [ports, pids] = [[], [redis.process.pid]];
      for (let node = 0; node < 2; node++) {
        const port = await freePort();
        const server = start(cores.server, program(), [...args, String(port), String(redis.port)], env);
        await untilListening(server, [program(), ...args].join(" "), port);
        ports.push(port);
        pids.push(server.pid);
      }
      return { ports, pids };
    });
}
