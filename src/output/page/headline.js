// What a person wants to know first, in the words of the summary.
function tile(title, figure, ...notes) {
  const shown = figure.startsWith(unknown) ? ["not known"] : notes;
  return element("div", { class: "tile" },
    element("dt", {}, title),
    element("dd", {}, element("b", {}, figure), element("span", {}, shown.join(", "))));
}

function processTile() {
  const forks = total("forks");
  const atOnce = `at most ${columnText("pid_count", total("pid_count"))} at once`;
  const tasks = total("thread_count") === null ? null : plural(total("thread_count"), "task");
  // /proc tells of those alone that were there at a look.
  if (forks === null && total("pid_count") !== null)
    return tile("Processes", atOnce, ...[tasks, "how many there were is not known"].filter((text) => text));
  const ofCommand = recording.meta.target === "command";
  const exits = ofCommand ? null : `${columnText("exits", total("exits"))} ended`;
  const ran = ofCommand ? `${grouped(forks + 1)} ran` : `${grouped(forks)} started`;
  return tile("Processes", forks === null ? unknown : ran, ...[exits, atOnce, tasks].filter((text) => text));
}

// The kernel keeps each process's own peak, the rows that of all processes at their instants.
function memoryTile() {
  const { peak, elapsed, at_least: atLeast } = recording.totals.rss ?? {};
  const known = (value) => value !== null && value !== undefined;
  const at = known(elapsed) ? `, at ${secondsText(elapsed)}` : "";
  if (!known(atLeast) || (known(peak) && atLeast <= peak))
    return tile("Memory", columnText("rss", peak), `peak resident${at}`);
  return tile("Memory", columnText("rss", atLeast), "peak resident at least: that of one process",
    known(peak) ? `${columnText("rss", peak)} in the rows${at}` : "");
}

function tiles() {
  const sum = (first, second) => (total(first) === null ? null : total(first) + total(second));
  const cpu = sum("user", "system");
  const perSecond = cpu !== null && buckets.duration > 0 ? percentText(cpu / buckets.duration) : "0 %";
  const calls = (column) => `in ${total(column) === null ? unknown : plural(total(column), "call")}`;
  return element("dl", { class: "tiles" },
    tile("CPU", cpu === null ? unknown : perSecond,
      `of one core: ${columnText("user", total("user"))} user`, `${columnText("system", total("system"))} system`),
    memoryTile(),
    processTile(),
    tile("Waiting for a CPU", columnText("run_delay", total("run_delay")), "ready to run, all tasks together"),
    tile("Read", columnText("read_bytes", total("read_bytes")), calls("read_count"),
      `${columnText("disk_read_bytes", total("disk_read_bytes"))} from storage`),
    tile("Written", columnText("write_bytes", total("write_bytes")), calls("write_count"),
      `${columnText("disk_write_bytes", total("disk_write_bytes"))} to storage`),
    tile("Switches", columnText("", sum("ctx_switches_voluntary", "ctx_switches_involuntary")),
      `${columnText("", total("ctx_switches_voluntary"))} voluntary`,
      `${columnText("", total("ctx_switches_involuntary"))} involuntary`),
    tile("Page faults", columnText("", sum("minor_faults", "major_faults")),
      `${columnText("", total("minor_faults"))} minor`, `${columnText("", total("major_faults"))} major`));
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
