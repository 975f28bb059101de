// Our services as an operator runs them, with the rates of clients off.
import { dll } from "./places.js";
import { freePort, group, untilOk } from "./processes.js";
import { startRedis } from "./redis.js";

const key = "bench";
const room = "bench";

/** One room: Redis, a RoomHost, an Api. The figures are those of the RoomHost. */
export const startOurs = ({ durability, cores }) =>
  group(async (start) => {
    const redis = await startRedis(start, cores.other);
    const host = await startHost(start, cores.server, redis.port);
    const api = await startApi(start, cores.other, redis.port, []);
    await allHealthy([host, api]);
    return { ports: [await createRoom(api.port, durability)], pids: [host.process.pid] };
  });

/** The deployment, with its members at both load balancers. */
export const startDeployed = ({ cores }) =>
  group(async (start) => {
    const { balancers, pids } = await startDeployment(start, cores.server);
    const target = `/rooms/${room}`;
    for (const { process, port } of balancers) await untilOk(process, "LoadBalancer", `http://127.0.0.1:${port}${target}`);
    return { ports: balancers.map(({ port }) => port), pids, target: `${target}?history=0` };
  });

/** The same deployment, with its members at the room's own port. */
export const startDeployedDirect = ({ cores }) =>
  group(async (start) => {
    const { roomPort, pids } = await startDeployment(start, cores.server);
    return { ports: [roomPort], pids };
  });

// Redis, two RoomHosts, two load balancers, an Api, and a room whose messages are logged in Redis. The figures are those of all processes.
async function startDeployment(start, cores) {
  const redis = await startRedis(start, cores);
  const hosts = [await startHost(start, cores, redis.port), await startHost(start, cores, redis.port)];
  const balancers = [await startBalancer(start, cores, redis.port), await startBalancer(start, cores, redis.port)];
  const api = await startApi(start, cores, redis.port, balancers);
  await allHealthy([...hosts, ...balancers, api]);
  const roomPort = await createRoom(api.port, "redis");
  return { roomPort, balancers, pids: [redis, ...hosts, ...balancers, api].map(({ process }) => process.pid) };
}

const startHost = (start, cores, redisPort) =>
  startService(start, cores, "RoomHost", redisPort, { MESSAGES_PER_SECOND: "0", CONNECTIONS_PER_SECOND: "0" });

const startBalancer = (start, cores, redisPort) => startService(start, cores, "LoadBalancer", redisPort, { LOADBALANCER_KEY: key });

const startApi = (start, cores, redisPort, balancers) =>
  startService(start, cores, "Api", redisPort, {
    KEY: key,
    LOADBALANCER_KEY: key,
    LOADBALANCERS: balancers.map(({ port }) => `http://127.0.0.1:${port}`).join(","),
  });

async function startService(start, cores, name, redisPort, settings) {
  const port = await freePort();
  const common = { ConnectionStrings__redis: `127.0.0.1:${redisPort}`, BIND: "127.0.0.1", HOST: "127.0.0.1", PORT: String(port) };
  return { name, port, process: start(cores, "dotnet", [dll(`ChatServer.${name}`)], { ...common, ...settings }) };
}

async function allHealthy(services) {
  for (const { name, process, port } of services) await untilOk(process, name, `http://127.0.0.1:${port}/health`);
}

async function createRoom(apiPort, durability) {
  const answer = await fetch(`http://127.0.0.1:${apiPort}/api/v1/room/${room}`, {
    method: "POST",
    headers: { "X-API-Key": key, "Content-Type": "application/json" },
    body: JSON.stringify({ durability }),
  });
  const { data } = await answer.json();
  if (!data?.port) throw new Error(`The Api answered ${answer.status} to the creation of a room.`);
  return data.port;
}
