// The charts of one recording.
function machineViews(view) {
  const cpus = recording.meta.cpus || 1;
  const machine = { label: `machine, ${plural(cpus, "CPU")}`, value: cpus };
  const top = Math.max(0, ...(buckets.series("cpu")?.greatest ?? []));
  const views = [{ ...view, level: machine }];
  // The chart reaches up to the capacity of the machine if the values are large enough; otherwise that is a view.
  if (!isNear(machine, top))
    views.push({ ...view, name: "of the machine", level: { ...machine, always: true } });
  return views;
}

function mergedNote() {
  const each = buckets.end[1] - buckets.begin[1];
  return `${plural(recording.meta.rows, "row")} are drawn in ${plural(buckets.count, "interval")} of ` +
    `${secondsText(each)}: the line is the mean, the band reaches from the least row to the greatest.`;
}

function makeCharts() {
  return placeCharts({
    nothing: `${plural(recording.meta.rows ?? 0, "row")} and no time between them: there is nothing to draw.`,
    note: buckets.merged ? mergedNote() : null,
    viewsOf: ({ views }) => views.flatMap((view) => (view.stacked ? machineViews(view) : [view])),
  });
}
