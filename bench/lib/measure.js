// Rounds: each contender in turn, freshly started and alone on the machine.
import { join } from "node:path";
import { built } from "./places.js";
import { contenders } from "./contenders.js";
import { separateCores, start } from "./processes.js";

/**
 * Returns the runs of each contender; a run that failed is `{ failed }`. Options: `load`, `rounds`, `durability` of the contender
 * `ours`, `cores` (default: separate cores).
 */
export async function measure(names, { load, rounds, durability, cores = separateCores }, tell) {
  const runs = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const name of names) {
      const { frameOf } = contenders[name];
      const model = frameOf && runs[frameOf]?.at(-1)?.frameBytes;
      if (frameOf && !model) throw new Error(`${name} must follow ${frameOf}, whose message length it uses.`);
      const run = await once(contenders[name], { ...load, payload: model ? Math.round(model) : load.payload }, { durability, cores });
      runs[name].push(run);
      tell(`round ${round}: ${name.padEnd(16)} ${run.failed ?? `${run.cpuPerMillion.toFixed(3)} CPU s per million deliveries`}`);
    }
  }
  return runs;
}

async function once(contender, load, options) {
  const server = await contender.start(options);
  try {
    const warmUp = load.warmUp ?? contender.warmUp;
    const generator = start(options.cores.other, join(built, "load"), [
      ["--port", server.ports.join(",")],
      ["--pid", server.pids.join(",")],
      ["--dialect", contender.dialect],
      server.target ? ["--target", server.target] : [],
      warmUp ? ["--warm-up", warmUp] : [],
      ["--clients", load.clients],
      ["--publishers", load.publishers],
      load.rate ? ["--rate", load.rate] : ["--window", load.window],
      ["--payload", load.payload],
      ["--duration", load.duration],
    ].flat().map(String));
    const [code] = await generator.ended;
    return code === 0 || code === 1 ? JSON.parse(generator.output) : { failed: generator.output.trim() || `the load generator ended with ${code}` };
  } finally {
    await server.stop();
  }
}
