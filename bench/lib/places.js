// Where everything is.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const here = dirname(dirname(fileURLToPath(import.meta.url)));
export const root = dirname(here);

/** What gcc made. */
export const built = join(here, "bin");

/** A project of ours, built for Release. */
export const dll = (project) => join(root, project, "bin", "Release", "net10.0", `${project}.dll`);
