// Which charts there are, in the order a person asks, and their place.
const cpuView = {
  name: "as used",
  unit: units.percent,
  stacked: true,
  series: [
    { label: "user", from: "user", colour: "first" },
    { label: "system", from: "system", colour: "second" },
  ],
  peak: { label: "greatest row", from: "cpu" },
};

const chartList = [
  {
    id: "cpu",
    title: "CPU, % of one core",
    tall: true,
    views: [cpuView],
  },
  {
    id: "memory",
    title: "Memory",
    views: [
      { name: "resident", unit: units.bytes,
        series: [{ label: "rss", from: "rss", colour: "third" }] },
      { name: "virtual", unit: units.bytes,
        series: [{ label: "vms", from: "vms", colour: "fourth" }] },
    ],
  },
  {
    id: "io",
    title: "Reads and writes",
    views: [
      { name: "bytes", unit: units.byteRate,
        series: [
          { label: "read", from: "read_bytes", colour: "first" },
          { label: "written", from: "write_bytes", colour: "second" },
        ] },
      { name: "calls", unit: units.rate,
        series: [
          { label: "read calls", from: "read_count", colour: "first" },
          { label: "write calls", from: "write_count", colour: "second" },
        ] },
      { name: "storage", unit: units.byteRate,
        series: [
          { label: "read from storage", from: "disk_read_bytes", colour: "first" },
          { label: "written to storage", from: "disk_write_bytes", colour: "second" },
        ] },
    ],
  },
  {
    id: "processes",
    title: "Processes",
    views: [
      { name: "alive", unit: units.count, bare: true,
        series: [
          { label: "tasks", from: "thread_count", colour: "second" },
          { label: "processes", from: "pid_count", colour: "first" },
        ] },
      { name: "births and ends", unit: units.rate,
        series: [
          { label: "forks", from: "forks", colour: "first" },
          { label: "execs", from: "execs", colour: "second" },
          { label: "exits", from: "exits", colour: "third" },
        ] },
      { name: "descriptors", unit: units.count,
        series: [{ label: "open descriptors", from: "num_fds", colour: "third" }] },
    ],
  },
  {
    id: "run-delay",
    title: "Waiting for a CPU",
    views: [
      { name: "tasks", unit: units.count, note: "A wait counts when it ends.",
        series: [{ label: "tasks that wait", from: "run_delay", colour: "second" }] },
    ],
  },
  {
    id: "switches",
    title: "Context switches",
    views: [
      { name: "switches", unit: units.rate,
        series: [
          { label: "voluntary", from: "ctx_switches_voluntary", colour: "first" },
          { label: "involuntary", from: "ctx_switches_involuntary", colour: "second" },
        ] },
    ],
  },
  {
    id: "faults",
    title: "Page faults",
    views: [
      { name: "minor", unit: units.rate, series: [{ label: "minor", from: "minor_faults", colour: "third" }] },
      { name: "major", unit: units.rate, series: [{ label: "major", from: "major_faults", colour: "second" }] },
    ],
  },
];

// `nothing` is said where no time passes, `note` above the charts unless it is null; a chart has the views that
// `viewsOf` gives.
function placeCharts({ nothing, note, viewsOf }) {
  const place = byId("charts");
  if (buckets.duration === 0) {
    place.append(element("p", { class: "note" }, nothing));
    return [];
  }
  place.append(makeToolbar());
  if (note !== null) place.append(element("p", { class: "note wide" }, note));
  return chartList
    .map((chart) => makeChart({ ...chart, views: viewsOf(chart) }))
    .filter((chart) => chart !== null);
}
