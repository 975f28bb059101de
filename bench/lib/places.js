// Paths of programs.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const here = dirname(dirname(fileURLToPath(import.meta.url)));
export const root = dirname(here);

/** Output of gcc. */
export const built = join(here, "bin");

/** A project of ours, built for Release. */
export const dll = (project) => join(root, project, "bin", "Release", "net10.0", `${project}.dll`);

export const signalRProject = join(here, "peers", "signalr", "SignalRPeer.csproj");

/** The SignalR peer, built for Release. */
export const signalR = join(dirname(signalRProject), "bin", "Release", "net10.0", "SignalRPeer.dll");
