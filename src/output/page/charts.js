// The charts of one recording.
function machineViews(view) {
  const cpus = recording.meta.cpus || 1;
  const machine = { label: `machine, ${plural(cpus, "CPU")}`, value: cpus };
  const top = Math.max(0, ...(buckets.series("cpu")?.greatest ?? []));
  const views = [{ ...view, level: machine }];
  // Drawn to the machine's capacity where that leaves enough to see; else that is a choice.
  if (!isNear(machine, top))
    views.push({ ...view, name: "of the machine", level: { ...machine, always: true } });
  return views;
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
  return chartList
    .map((chart) => makeChart(chart.id === "cpu" ? { ...chart, views: machineViews(cpuView) } : chart))
    .filter((chart) => chart !== null);
}
