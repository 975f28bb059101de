// Builds and installs what the chosen contenders need.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { here, built, root, dll, signalR, signalRProject } from "./places.js";

export function prepare(names, tell) {
  const any = (...wanted) => names.some((name) => wanted.includes(name));
  const deployed = any("deployed", "deployed-direct");

  tell("building the load generator");
  mkdirSync(built, { recursive: true });
  compile("load", ["client.c", "main.c", "message.c", "stats.c"].map((file) => join(here, "load", file)));
  if (any("baseline", "baseline-as-ours")) compile("baseline", [join(here, "peers", "baseline.c")]);
  if (any("bun", "ws", "socket.io", "bun-redis", "socket.io-redis")) installPeers(tell);
  if (deployed || any("ours")) buildOurs(["RoomHost", "Api", ...(deployed ? ["LoadBalancer"] : [])], tell);
  if (any("signalr-redis")) buildSignalR(tell);
  if (!installed("redis-server") && (deployed || any("ours", "bun-redis", "signalr-redis", "socket.io-redis"))) buildOurs(["Redis"], tell);
}

/** Installs the npm packages of the lock file, unless they are installed. */
export function installPeers(tell) {
  const [lock, done] = ["package-lock.json", join("node_modules", ".package-lock.json")].map((file) => join(here, file));
  if (existsSync(done) && statSync(done).mtimeMs > statSync(lock).mtimeMs) return;
  tell("installing the peers");
  run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], here);
}

function buildOurs(names, tell) {
  tell(`building ours: ${names.join(", ")}`);
  for (const name of names) build(`ChatServer.${name}`, dll(`ChatServer.${name}`));
}

function buildSignalR(tell) {
  tell("building the SignalR peer");
  build(signalRProject, signalR);
}

function build(project, result) {
  run("dotnet", ["build", "-c", "Release", "-v", "q", "--nologo", project], root);
  if (!existsSync(result)) throw new Error(`dotnet build did not create ${result}`);
}

/** Whether a program is on the PATH. */
export const installed = (program) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;

const compile = (name, sources) => run("gcc", ["-O3", "-march=native", "-Wall", "-Wextra", "-std=gnu17", "-o", join(built, name), ...sources], here);

function run(program, args, cwd) {
  const done = spawnSync(program, args, { cwd, encoding: "utf8", env: { ...process.env, MSBUILDDISABLENODEREUSE: "1" } });
  if (done.status !== 0) throw new Error(`${program} ${args.join(" ")}\n${done.error ?? ""}${done.stdout ?? ""}${done.stderr ?? ""}`);
}
