// A Redis without persistence: redis-server if it is installed, otherwise the embedded one.
import { installed } from "./prepare.js";
import { dll } from "./places.js";
import { freePort, untilListening } from "./processes.js";

/** Starts it with `start` of a group. */
export async function startRedis(start, cores) {
  const port = await freePort();
  const redis = installed("redis-server")
    ? start(cores, "redis-server", ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
    : start(cores, "dotnet", [dll("ChatServer.Redis")], { PORT: String(port), BIND: "127.0.0.1" });
  await untilListening(redis, "Redis", port);
  return { process: redis, port };
}
