// The contenders: how each is started, and the dialect of its clients.
import { startDeployed, startDeployedDirect, startOurs } from "./ours.js";
import { startBaseline, startBun, startBunRedis, startSignalRRedis, startSocketIo, startSocketIoRedis, startWs } from "./peers.js";

/** One server process. */
export const servers = {
  ours: { dialect: "chat", start: startOurs },
  baseline: { dialect: "plain", start: startBaseline },
  // Messages as long as our events: the kernel's cost of the bytes alone.
  "baseline-as-ours": { dialect: "plain", start: startBaseline, frameOf: "ours" },
  bun: { dialect: "plain", start: startBun },
  ws: { dialect: "plain", start: startWs },
  "socket.io": { dialect: "socket.io", start: startSocketIo },
};

/** Two nodes and Redis. .NET recompiles its busy code according to its profile, so the warm-up is longer for all of them. */
export const deployments = {
  deployed: { dialect: "chat", start: startDeployed, warmUp: 6 },
  "deployed-direct": { dialect: "chat", start: startDeployedDirect, warmUp: 6 },
  "bun-redis": { dialect: "plain", start: startBunRedis, warmUp: 6 },
  "signalr-redis": { dialect: "signalr", start: startSignalRRedis, warmUp: 6 },
  "socket.io-redis": { dialect: "socket.io", start: startSocketIoRedis, warmUp: 6 },
};

export const contenders = { ...servers, ...deployments };
