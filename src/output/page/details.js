// The last part of the page: every total, the audit and the metadata.
// "1 call", "2 calls".
function unitOf(value, unit) {
  return value === 1 ? unit.replace(/(?<=ss|ch)es$|s$/, "") : unit;
}

function totalsTable() {
  const rows = recording.columns.filter(({ kind }) => kind !== "time").map(({ name, kind, unit }) => {
    const when = recording.totals[name]?.elapsed;
    const saysItsUnit = unit === "bytes" || unit === "s" || total(name) === null;
    return [
      columnName(name),
      columnText(name, total(name)) + (saysItsUnit ? "" : ` ${unitOf(total(name), unit)}`),
      kind === "gauge" ? columnText("elapsed", when) : "",
    ];
  });
  const atLeast = recording.totals.rss?.at_least;
  if ((atLeast ?? 0) > (total("rss") ?? 0)) {
    const names = recording.columns.filter(({ kind }) => kind !== "time").map(({ name }) => name);
    rows.splice(names.indexOf("rss") + 1, 0, ["rss, at least", columnText("rss", atLeast), "one process"]);
  }
  const table = plainTable("Totals of every column", ["column", "total or peak", "peak at"], rows);
  table.classList.add("dense", "noted");
  return table;
}

function auditTable() {
  const { kernel, rows, cpu_accounted: accounted } = recording.audit;
  const table = plainTable("The rows beside what the kernel reported at wait4", ["column", "rows", "kernel"],
    Object.keys(kernel).map((name) => [name, columnText(name, rows[name]), columnText(name, kernel[name])]));
  const known = (value, text) => (value === null || value === undefined ? unknown : text(value));
  return element("div", {},
    Object.keys(kernel).length > 0 ? table : null,
    pairsTable("", [
      ["CPU accounted", known(accounted, (share) => `${(share * 100).toFixed(2)} % of the kernel's own total`)],
      ["processes not reaped, or still live", known(recording.audit.unwaited_processes, grouped)],
      ["their CPU, not in the kernel's total", known(recording.audit.unwaited_cpu, secondsText)],
      ["OOM kills in the cgroup", known(recording.audit.oom_kills, grouped)],
      ["untracked tasks", known(recording.audit.untracked_tasks, grouped)],
      ["events lost", known(recording.audit.events_lost, grouped)],
      ["unobserved tasks, at most", known(recording.audit.unseen_tasks, grouped)],
      ["tasks in the rows only", known(recording.audit.unlisted_tasks, grouped)],
      ["unreadable processes", known(recording.audit.unreadable_processes, grouped)],
      ["tasks that the user may not trace", known(recording.audit.untraceable_tasks, grouped)],
      ["ticks missed", known(recording.audit.ticks_missed, grouped)],
      ["lateness of ticks, median", known(recording.audit.tick_lateness?.p50, secondsText)],
      ["lateness of ticks, 99 of 100", known(recording.audit.tick_lateness?.p99, secondsText)],
      ["lateness of ticks, greatest", known(recording.audit.tick_lateness?.max, secondsText)],
      ["longest time between two rows", known(recording.audit.longest_gap, secondsText)],
      ["rows damaged", known(recording.audit.rows_damaged, grouped)],
      ["the recorder's CPU", known(recording.audit.recorder_cpu, secondsText)],
      ["the recorder's peak memory", known(recording.audit.recorder_peak_rss, bytesText)],
    ]));
}

function metaText(name, value) {
  if (value === null || value === undefined) return unknown;
  if (name === "interval") return intervalText(value);
  if (name === "argv") return value.map(visibleText).join(" ");
  if (typeof value === "number") return grouped(value);
  return typeof value === "object" ? visibleText(JSON.stringify(value)) : visibleText(value);
}

function makeDetails() {
  const card = (title, content) => element("div", { class: "card" },
    element("div", { class: "title" }, element("h2", {}, title)),
    element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title }, content));
  const meta = Object.entries(recording.meta).map(([name, value]) =>
    [name, name.endsWith("pid") && value !== null ? String(value) : metaText(name, value)]);
  byId("details").append(
    card("Totals", totalsTable()),
    element("div", {}, card("Audit", auditTable()), card("Recording", pairsTable("", meta))));
}
