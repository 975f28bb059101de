// Builds and installs what a comparison needs, and nothing that it does not.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { here, built, root, dll } from "./places.js";

export function prepare(names, tell) {
  tell("building the load generator");
  mkdirSync(built, { recursive: true });
  compile("load", ["client.c", "main.c", "message.c", "stats.c"].map((file) => join(here, "load", file)));
  if (names.some((name) => name.startsWith("baseline"))) compile("baseline", [join(here, "peers", "baseline.c")]);
  if (names.some((name) => ["bun", "ws", "socket.io"].includes(name))) installPeers(tell);
  if (names.includes("forwarder")) compile("forwarder", [join(here, "peers", "forwarder.c")]);
  if (names.some((name) => ["ours", "load-balancer", "forwarder"].includes(name))) buildOurs(names, tell);
}

/** From npm, exactly as the lock has them; nothing when they are there already. */
export function installPeers(tell) {
  const [lock, done] = ["package-lock.json", join("node_modules", ".package-lock.json")].map((file) => join(here, file));
  if (existsSync(done) && statSync(done).mtimeMs > statSync(lock).mtimeMs) return;
  tell("installing the peers");
  run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], here);
}

function buildOurs(names, tell) {
  tell("building ours");
  const projects = ["ChatServer.RoomHost", "ChatServer.Api"];
  if (names.includes("load-balancer")) projects.push("ChatServer.LoadBalancer");
  if (!installed("redis-server")) projects.push("ChatServer.Redis");
  for (const project of projects) {
    run("dotnet", ["build", "-c", "Release", "-v", "q", "--nologo", project], root);
    if (!existsSync(dll(project))) throw new Error(`dotnet build made no ${dll(project)}`);
  }
}

/** Whether a program is on the PATH. */
export const installed = (program) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;

const compile = (name, sources) => run("gcc", ["-O3", "-march=native", "-Wall", "-Wextra", "-std=gnu17", "-o", join(built, name), ...sources], here);

function run(program, args, cwd) {
  const done = spawnSync(program, args, { cwd, encoding: "utf8", env: { ...process.env, MSBUILDDISABLENODEREUSE: "1" } });
  if (done.status !== 0) throw new Error(`${program} ${args.join(" ")}\n${done.error ?? ""}${done.stdout ?? ""}${done.stderr ?? ""}`);
}
