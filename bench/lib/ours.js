// A deployment of ours as an operator would have it, with message rates off: Redis, a RoomHost, an Api that creates the room.
import { installed } from "./prepare.js";
import { dll } from "./places.js";
import { freePort, listens, start, stop, until } from "./processes.js";

const key = "bench";

export async function startOurs({ durability }) {
  const started = [];
  const end = async () => {
    for (const child of started.reverse()) await stop(child);
  };
  try {
    const redisPort = await freePort();
    const redis = installed("redis-server")
      ? start(1, "redis-server", ["--port", redisPort, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"].map(String))
      : start(1, "dotnet", [dll("ChatServer.Redis")], { PORT: String(redisPort), BIND: "127.0.0.1" });
    started.push(redis);
    await until(redis, "Redis", async () => (await listens(redisPort), true));

    const common = { ConnectionStrings__redis: `127.0.0.1:${redisPort}`, BIND: "127.0.0.1" };
    const hostPort = await freePort();
    const host = start(0, "dotnet", [dll("ChatServer.RoomHost")], { ...common, PORT: String(hostPort), MESSAGES_PER_SECOND: "0", CONNECTIONS_PER_SECOND: "0" });
    started.push(host);
    const apiPort = await freePort();
    const api = start(1, "dotnet", [dll("ChatServer.Api")], { ...common, PORT: String(apiPort), KEY: key, LOADBALANCERS: "" });
    started.push(api);
    await until(host, "RoomHost", () => isOk(`http://127.0.0.1:${hostPort}/health`));
    await until(api, "Api", () => isOk(`http://127.0.0.1:${apiPort}/health`));

    const created = await fetch(`http://127.0.0.1:${apiPort}/api/v1/room/bench`, {
      method: "POST",
      headers: { "X-API-Key": key, "Content-Type": "application/json" },
      body: JSON.stringify({ durability }),
    });
    const { data } = await created.json();
    if (!data?.port) throw new Error(`The Api answered ${created.status} to the creation of a room.`);
    return { port: data.port, pid: host.pid, stop: end };
  } catch (error) {
    await end();
    throw error;
  }
}

const isOk = async (url) => (await fetch(url)).ok;
