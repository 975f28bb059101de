// Processes that are pinned to cores and end with this process.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, connect } from "node:net";
import { availableParallelism } from "node:os";
import { setTimeout as pause } from "node:timers/promises";

/** The measured processes on core 0, the load generator and all others on core 1. */
export const separateCores = { server: "0", other: "1" };

/** All processes on all cores. */
export const sharedCores = { server: `0-${availableParallelism() - 1}`, other: `0-${availableParallelism() - 1}` };

const running = new Set();
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/** Starts a program on some cores; `taskset` becomes the program, so the process's id is the program's. */
export function start(cores, program, args, env = {}) {
  const child = spawn("taskset", ["-c", cores, program, ...args], { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  child.output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (child.output += text));
  child.ended = once(child, "close");
  running.add(child);
  child.ended.then(() => running.delete(child));
  return child;
}

/**
 * Runs `build` with a `start` of its own, and adds `stop` to what it returns: it ends all processes, the last first. They are also ended
 * if `build` fails.
 */
export async function group(build) {
  const children = [];
  const stop = async () => {
    for (const child of children.reverse()) {
      child.kill("SIGKILL");
      await child.ended;
    }
  };
  try {
    const built = await build((...args) => {
      const child = start(...args);
      children.push(child);
      return child;
    });
    return { ...built, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Waits until `look` returns something true; fails if the process ends before, or after a minute. */
export async function until(child, what, look) {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await pause(50)) {
    if (child.exitCode !== null) throw new Error(`${what}: ended with ${child.exitCode}\n${child.output}`);
    const seen = await look().catch(() => undefined);
    if (seen) return seen;
  }
  throw new Error(`${what}: not within a minute\n${child.output}`);
}

/** Waits until a process accepts connections at a port. */
export const untilListening = (child, what, port) => until(child, what, async () => (await listens(port), true));

/** Waits until a URL is answered with 2xx. */
export const untilOk = (child, what, url) => until(child, what, async () => (await fetch(url)).ok);

const listens = (port) =>
  new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => resolve(socket.destroy()));
    socket.on("error", reject);
  });

/** A free port. */
export async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  return port;
}
