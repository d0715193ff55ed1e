// The values of both recordings beside each other.
const noPair = { a: null, b: null, difference: null, ratio: null };

function differenceText(name, { difference }) {
  if (difference === null) return unknown;
  const text = columnText(name, Math.abs(difference));
  return difference === 0 ? text : `${difference > 0 ? "+" : "\u2212"}${text}`;
}

function ratioText({ ratio }) {
  return ratio === null ? unknown : `${(ratio * 100).toFixed(1)} %`;
}

function makeTotals() {
  const rows = Object.entries(comparison.totals).map(([name, pair]) =>
    [columnName(name), columnText(name, pair.a), columnText(name, pair.b), differenceText(name, pair),
     ratioText(pair)]);
  const table = plainTable("Totals and peaks of both recordings", ["", "A", "B", "B \u2212 A", "B / A"], rows);
  table.classList.add("dense");
  byId("details").append(element("div", { class: "card wide" },
    element("div", { class: "title" }, element("h2", {}, "Totals and peaks")),
    element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Totals and peaks" },
      table)));
}

function makeCommands() {
  const { commands, commands_omitted: omitted } = comparison;
  if (commands.length === 0) return;
  const column = (name, key, figure, value) => ({
    name, number: true, value: (row) => row[figure][key], text: (row) => columnText(value, row[figure][key]),
  });
  byId("commands").append(element("div", { class: "card" },
    element("div", { class: "title" }, element("h2", {}, "Commands")),
    omitted === 0 ? null : element("p", { class: "note" },
      `The ${grouped(commands.length)} commands whose CPU time changed most; there were ${grouped(omitted)} more.`),
    sortableTable({
      caption: "What each command used in both recordings, all its processes together",
      rows: commands,
      sortBy: "change",
      most: 20,
      columns: [
        { name: "command", value: (row) => row.command ?? "", cell: (row) => {
          const name = row.command === null ? "(unknown)" : visibleText(row.command);
          return element("code", { title: name }, name);
        } },
        column("processes A", "a", "processes", ""),
        column("B", "b", "processes", ""),
        column("CPU A", "a", "cpu", "cpu"),
        column("B", "b", "cpu", "cpu"),
        { name: "change", number: true,
          value: ({ cpu }) => (cpu.difference === null ? null : Math.abs(cpu.difference)),
          text: ({ cpu }) => differenceText("cpu", cpu) },
        { name: "B / A", number: true, value: ({ cpu }) => cpu.ratio, text: ({ cpu }) => ratioText(cpu) },
        column("peak memory A", "a", "peak_rss", "peak_rss"),
        column("B", "b", "peak_rss", "peak_rss"),
      ],
    })));
}
