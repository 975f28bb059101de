// Rounds: every contender in turn, alone on the machine, from a fresh start each time.
import { join } from "node:path";
import { built } from "./places.js";
import { contenders } from "./contenders.js";
import { otherCore, start } from "./processes.js";

/** Gives every contender's runs; a run that could not be done is `{ failed }`. */
export async function measure(names, { load, rounds, durability }, tell) {
  const runs = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const name of names) {
      const { frameOf } = contenders[name];
      const model = frameOf && runs[frameOf]?.at(-1)?.frameBytes;
      if (frameOf && !model) throw new Error(`${name} comes after ${frameOf}, whose messages it is as long as.`);
      const run = await once(contenders[name], { ...load, payload: model ? Math.round(model) : load.payload }, { durability });
      runs[name].push(run);
      tell(`round ${round}: ${name.padEnd(16)} ${run.failed ?? `${run.cpuPerMillion.toFixed(3)} CPU s per million deliveries`}`);
    }
  }
  return runs;
}

async function once(contender, load, options) {
  const server = await contender.start(options);
  try {
    const generator = start(otherCore, join(built, "load"), [
      ["--port", server.port],
      ["--pid", server.pid],
      ["--dialect", contender.dialect],
      server.target ? ["--target", server.target] : [],
      contender.warmUp ? ["--warm-up", contender.warmUp] : [],
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
