// A table of runs: medians of the measurements, sums of the defects.

export function summarize(names, runs) {
  return names
    .map((name) => {
      const done = runs[name].filter((run) => !run.failed);
      const median = (of) => (done.length === 0 ? null : middle(done.map(of)));
      const sum = (of) => done.reduce((total, run) => total + of(run), 0);
      return {
        name,
        cpuPerMillion: median((run) => run.cpuPerMillion),
        deliveriesPerSecond: median((run) => run.deliveriesPerSecond),
        p50: median((run) => run.p50),
        p99: median((run) => run.p99),
        peakMb: median((run) => run.peakKb / 1024),
        frameBytes: median((run) => run.frameBytes),
        lost: sum((run) => run.lost),
        reordered: sum((run) => run.reordered + run.malformed),
        failed: runs[name].length - done.length,
      };
    })
    .sort((a, b) => (a.cpuPerMillion ?? Infinity) - (b.cpuPerMillion ?? Infinity));
}

function middle(values) {
  const sorted = values.sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
}

export function markdown({ load, rounds, cores }, rows) {
  const how = load.rate ? `${load.rate} messages/s` : `window ${load.window}`;
  const where = cores.server === cores.other ? `all processes on cores ${cores.server}` : `servers on core ${cores.server}`;
  const number = (value, digits) => (value === null ? "–" : value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }));
  const columns = [
    ["", (row) => row.name],
    ["CPU s per million", (row) => number(row.cpuPerMillion, 3)],
    ["deliveries/s", (row) => number(row.deliveriesPerSecond, 0)],
    ["p50 ms", (row) => number(row.p50, 2)],
    ["p99 ms", (row) => number(row.p99, 2)],
    ["peak RSS MB", (row) => number(row.peakMb, 0)],
    ["bytes a frame", (row) => number(row.frameBytes, 0)],
    ["lost", (row) => number(row.lost, 0)],
    ["reordered", (row) => number(row.reordered, 0)],
    ["failed runs", (row) => number(row.failed, 0)],
  ];
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [
    `${load.clients} members, ${load.publishers} publishers, ${load.payload} bytes, ${how}; ${where}; medians of ${rounds} rounds of ${load.duration} s.`,
    "",
    line(columns.map(([title]) => title)),
    line(columns.map((_, index) => (index === 0 ? "---" : "---:"))),
    ...rows.map((row) => line(columns.map(([, cell]) => cell(row)))),
  ].join("\n");
}
