// Draws the series of a chart on the canvas that dygraphs has laid out. A bucket is a step over its time: a rate is
// that of the whole bucket, a gauge that of the rows that end in it.

// The path through the values of the buckets, as runs of [x, y]; an unknown value ends a run.
function runs(g, buckets, series) {
  const all = [];
  let run = null;
  const first = Math.max(0, buckets.at(view.from) - 1);
  for (let i = first; i < buckets.count && (i === 0 || buckets.begin[i - 1] <= view.to); i++) {
    if (series[i] === null) {
      run = null;
      continue;
    }
    if (!run) all.push((run = []));
    const y = g.toDomYCoord(series[i]);
    run.push([g.toDomXCoord(buckets.begin[i]), y]);
    run.push([g.toDomXCoord(buckets.end[i]), y]);
  }
  return all;
}

function trace(context, points) {
  for (const [x, y] of points) context.lineTo(x, y);
}

// Between two series that are known at the same buckets.
function fillBetween(context, g, buckets, low, high, colour, opacity) {
  const bottom = runs(g, buckets, low);
  context.fillStyle = colour;
  context.globalAlpha = opacity;
  runs(g, buckets, high).forEach((top, i) => {
    context.beginPath();
    trace(context, top);
    trace(context, bottom[i].slice().reverse());
    context.fill();
  });
  context.globalAlpha = 1;
}

function strokeAlong(context, g, { buckets, mean }, colour, width, dashes = []) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.lineJoin = "round";
  context.setLineDash(dashes);
  for (const run of runs(g, buckets, mean)) {
    context.beginPath();
    trace(context, run);
    context.stroke();
  }
  context.setLineDash([]);
}

// `peak` is the greatest sum in each bucket, which is not the sum of the greatest values.
function plotStacked(context, g, shown, peak) {
  if (peak) {
    const zero = peak.greatest.map((value) => (value === null ? null : 0));
    fillBetween(context, g, peak.buckets, zero, peak.greatest, colours.of("peak"), 1);
  }
  let low = shown[0].figures.mean.map((value) => (value === null ? null : 0));
  for (const series of shown) {
    const high = low.map((below, i) => (below === null || series.figures.mean[i] === null ? null
      : below + series.figures.mean[i]));
    const base = high.map((value, i) => (value === null ? null : low[i]));
    fillBetween(context, g, series.figures.buckets, base, high, colours.of(series.colour), 1);
    low = high;
  }
}

function plotLines(context, g, shown, filled) {
  for (const { figures, colour } of shown) {
    const { buckets, mean, least, greatest } = figures;
    const zero = mean.map((value) => (value === null ? null : 0));
    if (filled) fillBetween(context, g, buckets, zero, mean, colours.of(colour), 0.09);
    if (buckets.merged) fillBetween(context, g, buckets, least, greatest, colours.of(colour), 0.28);
  }
  // The first line is wider, so that it is visible below another.
  shown.forEach(({ figures, colour, dashes }, i) => {
    const width = i === 0 && shown.length > 1 ? 2.5 : dashes ? 1.75 : 1.25;
    strokeAlong(context, g, figures, colours.of(colour), width, dashes);
  });
}

// A line across the whole width, such as the capacity of the machine.
function plotLevel(context, g, level) {
  const { x, w } = g.getArea();
  const y = Math.round(g.toDomYCoord(level)) + 0.5;
  context.strokeStyle = colours.of("muted");
  context.setLineDash([6, 4]);
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x + w, y);
  context.stroke();
  context.setLineDash([]);
}
