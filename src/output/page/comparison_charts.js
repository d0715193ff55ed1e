// The charts of both recordings: each view is one column of A and of B.
function viewOfBoth(unit, name, from, level) {
  const series = sides.map(({ name: label, buckets: of, colour, dashes }) => ({ label, from, of, colour, dashes }));
  return { unit, name, series, level, bare: true };
}

function viewsOfBoth(chart) {
  return chart.views.flatMap(({ unit, series, note, stacked }) => [
    ...(stacked ? [togetherView()] : []),
    ...series.map(({ label, from }) => ({ ...viewOfBoth(unit, label, from), note })),
  ]);
}

function togetherView() {
  const [cpus, others] = sides.map(({ meta }) => meta.cpus);
  const machine = cpus > 0 && cpus === others
    ? { label: `machine, ${plural(cpus, "CPU")}`, value: cpus } : undefined;
  return viewOfBoth(units.percent, "together", "cpu", machine);
}

function makeCharts() {
  return placeCharts({
    nothing: "No time passes in either recording: there is nothing to draw.",
    note: sides.some((side) => side.buckets.merged)
      ? "Where rows are drawn together, the line is their mean, the band reaches from the least row to the greatest."
      : null,
    viewsOf: viewsOfBoth,
  });
}
