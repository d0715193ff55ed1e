// The charts, in the order of include/rusage_bpf/columns.h.
const groups = JSON.parse(document.getElementById("groups").textContent);
const colourNames = ["first", "second", "third", "fourth"];

// How the columns of one chart are drawn.
function drawing(columns) {
  const [{ drawn, unit }] = columns;
  const inBytes = unit === "bytes";
  if (drawn === "cpu_share")
    return { unit: units.percent, stacked: true, peak: { label: "greatest row", from: "cpu" } };
  if (drawn === "waiting_tasks") return { unit: units.count, note: "In tasks; a wait counts when it ends." };
  if (drawn === "rate") return { unit: inBytes ? units.byteRate : units.rate };
  // Several levels are lines only, because a filled area would cover the others.
  return { unit: inBytes ? units.bytes : units.count, bare: columns.length > 1 };
}

function chartView({ name, columns }, firstColour) {
  const colourOf = (i) => colourNames[(colourNames.indexOf(firstColour) + i) % colourNames.length];
  const series = columns.map((column, i) => ({ label: column.label, from: column.name, colour: colourOf(i) }));
  return { name, ...drawing(columns), series };
}

const chartList = groups.map(({ key, title, colour, charts }) => ({
  id: key.replaceAll("_", "-"),
  title,
  tall: key === "cpu",
  views: charts.map((chart) => chartView(chart, colour)),
}));

// `nothing` is the text if no time passes; `note` is above the charts unless it is null; `viewsOf` returns the views of
// a chart.
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
