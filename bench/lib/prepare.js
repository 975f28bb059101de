// Builds and installs what a comparison needs, and nothing that it does not.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { here, built, root, dll } from "./places.js";

export async function prepare(names, tell) {
  mkdirSync(built, { recursive: true });
  tell("building the load generator");
  compile("load", ["client.c", "main.c", "message.c", "stats.c"].map((file) => join(here, "load", file)));
  if (names.some((name) => name.startsWith("baseline"))) compile("baseline", [join(here, "peers", "baseline.c")]);

  if (names.some((name) => ["bun", "ws", "socket.io"].includes(name))) {
    tell("installing the peers");
    run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], here);
  }

  if (names.includes("ours")) {
    tell("building ours");
    for (const project of ["ChatServer.RoomHost", "ChatServer.Api"]) run("dotnet", ["build", "-c", "Release", "-v", "q", "--nologo", project], root);
    if (!installed("redis-server") && !existsSync(dll("ChatServer.Redis"))) run("dotnet", ["build", "-c", "Release", "-v", "q", "--nologo", "ChatServer.Redis"], root);
  }
}

/** Whether a program is on the PATH. */
export const installed = (program) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;

const compile = (name, sources) => run("gcc", ["-O3", "-march=native", "-Wall", "-Wextra", "-std=gnu17", "-o", join(built, name), ...sources], here);

function run(program, args, cwd) {
  const done = spawnSync(program, args, { cwd, encoding: "utf8", env: { ...process.env, MSBUILDDISABLENODEREUSE: "1" } });
  if (done.status !== 0) throw new Error(`${program} ${args.join(" ")}\n${done.error ?? ""}${done.stdout ?? ""}${done.stderr ?? ""}`);
}
