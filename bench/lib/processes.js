// Processes that are pinned to a core, and that end with us.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, connect } from "node:net";
import { availableParallelism } from "node:os";
import { setTimeout as pause } from "node:timers/promises";

/** Where the server runs, and where what loads or only helps it. */
export const serverCore = 0;
export const otherCore = 1;

/** Where a process between the two runs: on cores of its own if there are any. */
export const coresBetween = availableParallelism() > 2 ? `2-${availableParallelism() - 1}` : "0,1";

const running = new Set();
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/** Starts a program on a core, or several; `taskset` becomes the program, so the process's id is the program's. */
export function start(cores, program, args, env = {}) {
  const child = spawn("taskset", ["-c", String(cores), program, ...args], { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  child.output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (child.output += text));
  child.ended = once(child, "close");
  running.add(child);
  child.ended.then(() => running.delete(child));
  return child;
}

export async function stop(child) {
  child.kill("SIGKILL");
  await child.ended;
}

/** Looks until `look` gives something true; a child that ends is what it cannot be. */
export async function until(child, what, look) {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await pause(50)) {
    if (child.exitCode !== null) throw new Error(`${what}: ended with ${child.exitCode}\n${child.output}`);
    const seen = await look().catch(() => undefined);
    if (seen) return seen;
  }
  throw new Error(`${what}: not within a minute\n${child.output}`);
}

/** Whether somebody listens there. */
export const listens = (port) =>
  new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => resolve(socket.destroy()));
    socket.on("error", reject);
  });

/** A port that nobody uses. */
export async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  return port;
}
