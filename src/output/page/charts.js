// Which charts there are, in the order a person asks.
const cpus = recording.meta.cpus || 1;
const machine = { label: `machine, ${plural(cpus, "CPU")}`, value: cpus };

// Drawn to the machine's capacity where that leaves enough to see; else that is a choice.
const nearCapacity = (top) => cpus < 2.5 * top;

const cpuView = {
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
    views: [
      { ...cpuView, name: "as used", level: machine },
      { ...cpuView, name: "of the machine", level: { ...machine, always: true } },
    ].slice(0, nearCapacity(Math.max(0, ...(buckets.series("cpu")?.greatest ?? []))) ? 1 : 2),
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
      { name: "tasks", unit: units.count,
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

// Above the charts, and in sight while they scroll by: what is seen of the recording.
function makeToolbar() {
  const range = element("output", { class: "range" });
  const button = (name, label, action) =>
    element("button", { type: "button", title: label, "aria-label": label, onclick: action }, name);
  const whole = button("whole recording", "Show the whole recording", view.reset);
  const tell = () => {
    const text = (instant) => instantText(instant, view.fineness());
    range.textContent = view.instant === null ? `${text(view.from)} \u2013 ${text(view.to)}`
      : `at ${text(Math.min(view.instant, view.whole.to))}`;
    whole.disabled = view.isWhole();
  };
  view.onZoom(tell);
  view.onHover(tell);
  tell();
  return element("div", { class: "toolbar", role: "toolbar", "aria-label": "What is seen of the recording" },
    range,
    button("\u2212", "Zoom out", () => view.scale(2)),
    button("+", "Zoom in", () => view.scale(0.5)),
    button("\u2190", "Earlier", () => view.pan(-0.5)),
    button("\u2192", "Later", () => view.pan(0.5)),
    whole,
    element("span", { class: "hint", id: "keys" },
      "Drag to zoom, double-click for the whole. Keys: arrows, +, \u2212, 0."));
}

function makeCharts() {
  const place = byId("charts");
  if (buckets.duration === 0) {
    place.append(element("p", { class: "note" },
      `${plural(recording.meta.rows ?? 0, "row")} and no time between them: there is nothing to draw.`));
    return [];
  }
  place.append(makeToolbar());
  if (buckets.merged) {
    const each = buckets.end[1] - buckets.begin[1];
    place.append(element("p", { class: "note wide" },
      `${plural(recording.meta.rows, "row")} are drawn in ${plural(buckets.count, "interval")} of ` +
      `${secondsText(each)}: the line is the mean, the band reaches from the least row to the greatest.`));
  }
  return chartList.map(makeChart).filter((chart) => chart !== null);
}
