// A deployment of ours as an operator would have it, with message rates off: Redis, a RoomHost, an Api that creates the room.
import { join } from "node:path";
import { installed } from "./prepare.js";
import { built, dll } from "./places.js";
import { coresBetween, freePort, listens, otherCore, serverCore, start, stop, until } from "./processes.js";

const key = "bench";
const name = "bench";

export async function startOurs({ durability }) {
  const started = [];
  const end = async () => {
    for (const child of started.reverse()) await stop(child);
  };
  try {
    const redisPort = await freePort();
    const redis = installed("redis-server")
      ? start(otherCore, "redis-server", ["--port", redisPort, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"].map(String))
      : start(otherCore, "dotnet", [dll("ChatServer.Redis")], { PORT: String(redisPort), BIND: "127.0.0.1" });
    started.push(redis);
    await until(redis, "Redis", async () => (await listens(redisPort), true));

    const common = { ConnectionStrings__redis: `127.0.0.1:${redisPort}`, BIND: "127.0.0.1" };
    const hostPort = await freePort();
    const host = start(serverCore, "dotnet", [dll("ChatServer.RoomHost")], { ...common, PORT: String(hostPort), MESSAGES_PER_SECOND: "0", CONNECTIONS_PER_SECOND: "0" });
    started.push(host);
    const apiPort = await freePort();
    const api = start(otherCore, "dotnet", [dll("ChatServer.Api")], { ...common, PORT: String(apiPort), KEY: key, LOADBALANCERS: "" });
    started.push(api);
    await until(host, "RoomHost", () => isOk(`http://127.0.0.1:${hostPort}/health`));
    await until(api, "Api", () => isOk(`http://127.0.0.1:${apiPort}/health`));

    const created = await fetch(`http://127.0.0.1:${apiPort}/api/v1/room/${name}`, {
      method: "POST",
      headers: { "X-API-Key": key, "Content-Type": "application/json" },
      body: JSON.stringify({ durability }),
    });
    const { data } = await created.json();
    if (!data?.port) throw new Error(`The Api answered ${created.status} to the creation of a room.`);
    return { port: data.port, pid: host.pid, settings: common, stop: end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** The room behind a load balancer, which finds it by name. */
export const startLoadBalancer = (options) =>
  before(options, async (room, port) => {
    const balancer = start(coresBetween, "dotnet", [dll("ChatServer.LoadBalancer")], { ...room.settings, PORT: String(port), LOADBALANCER_KEY: key });
    const target = `/rooms/${name}`;
    await until(balancer, "load balancer", () => isOk(`http://127.0.0.1:${port}${target}`));
    return { process: balancer, target };
  });

/** The room behind a program that only forwards bytes. */
export const startForwarder = (options) =>
  before(options, async (room, port) => {
    const forwarder = start(coresBetween, join(built, "forwarder"), [port, room.port].map(String));
    await until(forwarder, "forwarder", async () => (await listens(port), true));
    return { process: forwarder };
  });

async function before(options, startFront) {
  const room = await startOurs(options);
  try {
    const port = await freePort();
    const { process, target } = await startFront(room, port);
    const end = async () => {
      await stop(process);
      await room.stop();
    };
    return { port, pid: process.pid, target, stop: end };
  } catch (error) {
    await room.stop();
    throw error;
  }
}

const isOk = async (url) => (await fetch(url)).ok;
