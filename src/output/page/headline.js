// The most important totals, as in the summary.
function tile(title, figure, ...notes) {
  const shown = figure.startsWith(unknown) ? ["unknown"] : notes;
  return element("div", { class: "tile" },
    element("dt", {}, title),
    element("dd", {}, element("b", {}, figure), element("span", {}, shown.join(", "))));
}

function processTile() {
  const forks = total("forks");
  const atOnce = `at most ${columnText("pid_count", total("pid_count"))} at once`;
  const tasks = total("thread_count") === null ? null : plural(total("thread_count"), "task");
  // A process that no poll of /proc found is not counted.
  if (forks === null && total("pid_count") !== null)
    return tile("Processes", atOnce, ...[tasks, "their number is unknown"].filter((text) => text));
  const ofCommand = recording.meta.target === "command";
  const exits = ofCommand ? null : `${columnText("exits", total("exits"))} ended`;
  const ran = ofCommand ? `${grouped(forks + 1)} ran` : `${grouped(forks)} started`;
  return tile("Processes", forks === null ? unknown : ran, ...[exits, atOnce, tasks].filter((text) => text));
}

// The rows have the peak of all processes together, at the samples; the kernel keeps the peak of each process.
function memoryTile() {
  const { peak, elapsed, at_least: atLeast } = recording.totals.rss ?? {};
  const known = (value) => value !== null && value !== undefined;
  const at = known(elapsed) ? `, at ${secondsText(elapsed)}` : "";
  if (!known(atLeast) || (known(peak) && atLeast <= peak))
    return tile("Memory", columnText("rss", peak), `peak resident${at}`);
  return tile("Memory", columnText("rss", atLeast), "peak resident at least: that of one process",
    known(peak) ? `${columnText("rss", peak)} in the rows${at}` : "");
}

// The sum of columns; null where one is unknown.
function sumOf(names) {
  const totals = names.map(total);
  return totals.includes(null) ? null : totals.reduce((sum, value) => sum + value, 0);
}

function cpuTile() {
  const cpu = sumOf(["user", "system"]);
  const perSecond = cpu !== null && buckets.duration > 0 ? percentText(cpu / buckets.duration) : "0 %";
  return tile("CPU", cpu === null ? unknown : perSecond,
    `of one core: ${columnText("user", total("user"))} user`, `${columnText("system", total("system"))} system`);
}

function ioTiles() {
  const calls = (column) => `in ${total(column) === null ? unknown : plural(total(column), "call")}`;
  return [
    tile("Read", columnText("read_bytes", total("read_bytes")), calls("read_count"),
      `${columnText("disk_read_bytes", total("disk_read_bytes"))} from storage`),
    tile("Written", columnText("write_bytes", total("write_bytes")), calls("write_count"),
      `${columnText("disk_write_bytes", total("disk_write_bytes"))} to storage`),
  ];
}

// The sum of the columns with the unit of the first one, and each known column.
function groupTile({ title, charts }) {
  const columns = charts.flatMap((chart) => chart.columns).filter(({ name }) => total(name) !== null);
  if (columns.length === 0) return tile(title, unknown);
  const [{ name: first, unit }] = columns;
  const sum = sumOf(columns.filter((column) => column.unit === unit).map(({ name }) => name));
  const notes = columns.length > 1 ? columns.map(({ name, label }) => `${columnText(name, total(name))} ${label}`)
    : ["all tasks together"];
  return tile(title, columnText(first, sum), ...notes);
}

function tiles() {
  const special = { cpu: cpuTile, memory: memoryTile, processes: processTile, io: ioTiles };
  return element("dl", { class: "tiles" },
    ...groups.flatMap((group) => (special[group.key] ?? groupTile)(group)));
}

function makeHeadline() {
  const { meta, audit, words } = recording;
  const lost = (audit.untracked_tasks ?? 0) + (audit.events_lost ?? 0) + (audit.rows_damaged ?? 0) > 0;
  const target = visibleText(words.target);
  document.title = `${target.slice(0, 80)} \u2013 rusage-bpf`;
  byId("headline").append(
    element("p", { class: "where" },
      ["rusage-bpf", startText(meta), visibleText(meta.host ?? ""),
        meta.kernel ? `Linux ${visibleText(meta.kernel)}` : "", plural(meta.cpus ?? 0, "CPU"),
        `a row every ${intervalText(meta.interval ?? 0)}`, meta.backend === "proc" ? "by polling /proc" : ""]
        .filter((text) => text).join("  \u00b7  ")),
    element("h1", {}, target),
    endingLine(recording),
    tiles(),
    element("p", { class: lost ? "audit lost" : "audit" }, `Audit: ${words.audit}`));
}
