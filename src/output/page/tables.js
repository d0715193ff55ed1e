// Tables: plain ones, and those that a click on a column's name sorts.
function plainTable(caption, names, rows) {
  return element("table", {},
    element("caption", { class: "visually-hidden" }, caption),
    element("thead", {}, element("tr", {}, ...names.map((name, i) =>
      element("th", { scope: "col", class: i > 0 ? "number" : "" }, name)))),
    element("tbody", {}, ...rows.map((row) => element("tr", {}, ...row.map((cell, i) =>
      element(i === 0 ? "th" : "td", { scope: i === 0 ? "row" : null, class: i > 0 ? "number" : "" }, cell))))));
}

// The name of a column, which a narrow table breaks after an underscore.
function columnName(name) {
  return element("span", {}, ...name.split(/(?<=_)/).flatMap((word) => [word, element("wbr")]));
}

// Names beside their values, as text.
function pairsTable(caption, pairs) {
  return element("table", { class: "pairs" },
    element("caption", {}, caption),
    element("tbody", {}, ...pairs.map(([name, value]) => element("tr", {},
      element("th", { scope: "row" }, name), element("td", {}, value)))));
}

// A column is {name, value(row), text(row), number, cell(row)}; unknown values go last. At most
// `most` rows are made at first, and a button makes the rest.
function sortableTable({ caption, columns, rows, sortBy, most = 100 }) {
  let chosen = columns.findIndex(({ name }) => name === sortBy);
  let descending = columns[chosen].number;
  let limit = most;
  const body = element("tbody");
  const more = element("button", { type: "button", class: "more", onclick: () => {
    limit *= 5;
    fill();
  } });
  const heads = columns.map(({ name, number }, i) => element("th", { scope: "col", class: number ? "number" : "" },
    element("button", { type: "button", onclick: () => {
      descending = chosen === i ? !descending : Boolean(number);
      chosen = i;
      fill();
    } }, name)));

  function compare(a, b) {
    const [first, second] = [a, b].map(columns[chosen].value);
    const unknownFirst = first === null || first === undefined;
    const unknownSecond = second === null || second === undefined;
    if (unknownFirst || unknownSecond) return unknownFirst - unknownSecond;
    const order = typeof first === "string" ? first.localeCompare(second) : first - second;
    return descending ? -order : order;
  }
  function fill() {
    heads.forEach((head, i) => {
      if (i === chosen) head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    body.replaceChildren(...rows.slice().sort(compare).slice(0, limit).map((row) =>
      element("tr", {}, ...columns.map((column, i) => element(i === 0 ? "th" : "td", {
        scope: i === 0 ? "row" : null,
        class: column.number ? "number" : "",
      }, column.cell ? column.cell(row) : column.text(row))))));
    more.hidden = rows.length <= limit;
    more.textContent = `Show more of the ${grouped(rows.length)}`;
  }
  fill();
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    element("table", { class: "sortable" }, element("caption", { class: "visually-hidden" }, caption),
      element("thead", {}, element("tr", {}, ...heads)), body),
    more);
}

// The columns of processes and of commands that this recording has.
function resourceColumns(rows) {
  const cpuOf = (row) => (row.user ?? 0) + (row.system ?? 0);
  const most = rows.reduce((sum, row) => sum + cpuOf(row), 0);
  const counters = groups.flatMap(({ charts }) => charts).flatMap(({ columns }) => columns)
    .filter(({ of_processes: ofProcesses }) => ofProcesses);
  const counterColumn = ({ name: key, label }) => ({
    name: label, key, number: true, value: (row) => row[key], text: (row) => columnText(key, row[key]),
  });
  return [
    { name: "CPU", number: true, value: cpuOf, text: (row) => secondsText(cpuOf(row)) },
    { name: "share", number: true, value: cpuOf, cell: (row) => shareBar(most > 0 ? cpuOf(row) / most : 0) },
    ...counters.filter(({ drawn }) => drawn === "cpu_share").map(counterColumn),
    { name: "children's", key: "children_cpu", number: true, value: (row) => row.children_cpu,
      text: (row) => (row.children_cpu > 0 ? `up to ${secondsText(row.children_cpu)}` : "") },
    { name: "peak memory", key: "peak_rss", number: true, value: (row) => row.peak_rss,
      text: (row) => valueText(units.bytes, row.peak_rss) + (row.peak_rss_predates === true ? " (before)" : "") },
    ...counters.filter(({ drawn }) => drawn !== "cpu_share").map(counterColumn),
  ].filter(({ key }) => !key || rows.some((row) =>
    (key === "children_cpu" ? row[key] > 0 : (row[key] ?? null) !== null)));
}

function shareBar(share) {
  const bar = element("span", { class: "bar", "aria-hidden": "true" });
  bar.style.setProperty("--share", `${share * 100}%`);
  return element("span", { class: "share" }, percentText(share), bar);
}

// `over` is the number of processes over --max-processes.
function omittedNote({ rows, omitted }, what, over = 0) {
  const notes = [
    omitted > 0
      ? `The ${grouped(rows.length)} ${what} with the most CPU time; there were ${grouped(omitted)} more.` : "",
    over > 0 ? `${grouped(over)} processes over --max-processes appear only in the table of commands.` : "",
  ].filter((text) => text);
  return notes.length === 0 ? null : element("p", { class: "note" }, notes.join(" "));
}

function makeCommands() {
  const rows = objectsOf(recording.commands);
  if (rows.length === 0) return;
  byId("commands").append(element("div", { class: "card" },
    element("div", { class: "title" }, element("h2", {}, "Commands")),
    omittedNote(recording.commands, "commands"),
    sortableTable({
      caption: "What each command used, all its processes together",
      rows,
      sortBy: "CPU",
      most: 20,
      columns: [
        { name: "command", value: (row) => row.command, cell: (row) =>
          element("code", { title: visibleText(row.command) }, visibleText(row.command)) },
        { name: "processes", number: true, value: (row) => row.processes,
          text: (row) => valueText(units.count, row.processes) },
        ...resourceColumns(rows),
      ],
    })));
}
