// One chart: a title, a choice of views, a legend with the values, the drawing, and the table behind it. A view is
// {name, unit, series: [{label, from, of, colour, dashes}], stacked, bare, level, peak, note}; `of` are the buckets of
// a series, by default those of the page.

// Views without the unknown series.
function knownViews(views) {
  return views
    .map((each) => ({
      ...each,
      series: each.series
        .map((series) => ({ ...series, figures: (series.of ?? buckets).series(series.from) }))
        .filter((series) => series.figures !== null),
    }))
    .filter((each) => each.series.length > 0);
}

function makeChart({ id, title, views: allViews, tall }) {
  const views = knownViews(allViews);
  if (views.length === 0) return null;
  let shown = views[0];

  const legend = element("ul", { class: "legend" });
  const canvas = element("div", { class: "canvas" });
  const cursor = element("div", { class: "cursor", hidden: true });
  const plot = element("div", {
    class: tall ? "plot tall" : "plot", tabindex: "0", role: "application",
    "aria-roledescription": "chart", "aria-describedby": "keys",
  }, canvas, cursor);
  const table = openable("Figures as a table", () => windowTable(title, shown));
  const header = element("div", { class: "title" }, element("h2", { id: `${id}-title` }, title));
  if (views.length > 1)
    header.append(choice(`${title}: what is shown`, views.map((each) => each.name), 0, (which) => {
      shown = views[which];
      draw();
    }));
  const card = element("figure", { class: "card", id: `chart-${id}`, "aria-labelledby": `${id}-title` },
    header, legend, plot, table.details);
  byId("charts").append(card);

  // The axis begins at 0 and ends a little above the highest value.
  function highest() {
    const tops = shown.series.map(({ figures }) => overWindow(figures, view.from, view.to).greatest ?? 0);
    const peak = shown.peak ? buckets.series(shown.peak.from) : null;
    if (peak) tops.push(overWindow(peak, view.from, view.to).greatest ?? 0);
    const top = Math.max(...tops);
    if (shown.level && (shown.level.always || isNear(shown.level, top))) tops.push(shown.level.value);
    const least = shown.unit === units.percent ? 0.01 : shown.unit === units.count ? 1
      : shown.unit.base === 1024 ? 1024 : 1;
    return Math.max(...tops, least) * 1.08;
  }
  function plotter(event) {
    const { drawingContext: context, dygraph: g } = event;
    if (shown.stacked) plotStacked(context, g, shown.series, peakOf(shown));
    else plotLines(context, g, shown.series, !shown.bare);
    if (shown.level) plotLevel(context, g, shown.level.value);
  }
  const axes = () => ({
    dateWindow: [view.from, view.to],
    valueRange: [0, highest()],
    gridLineWidth: 1,
    axisLineColor: colours.of("line"),
    gridLineColor: colours.of("grid"),
  });
  // dygraphs lays out the axes; `plotter` draws.
  const graph = new Dygraph(canvas, [[view.whole.from, 0], [view.whole.to, 0]], {
    ...axes(),
    labels: ["elapsed", title],
    plotter,
    interactionModel: {},
    legend: "never",
    highlightCircleSize: 0,
    axisLabelFontSize: 12,
    rightGap: 12,
    xAxisHeight: 26,
    axes: {
      x: { ticker: timeTicks, drawGrid: false, axisLabelWidth: 80 },
      y: { ticker: (low, high, pixels) => valueTicks(low, high, pixels, shown.unit), axisLabelWidth: 66 },
    },
  });

  function draw() {
    graph.updateOptions(axes());
    table.refresh();
    showValues();
  }
  function showValues() {
    const here = view.instant !== null;
    legend.replaceChildren(...legendItems(shown, here ? view.instant : null));
    const values = [...legend.children].map((item) => item.textContent).join(", ");
    plot.setAttribute("aria-label", `${title}. ${values}`);
    const inside = here && view.instant >= view.from && view.instant <= view.to;
    cursor.hidden = !inside;
    if (!inside) return;
    cursor.style.transform = `translateX(${graph.toDomXCoord(view.instant)}px)`;
    if (document.activeElement === plot && !plot.matches(":hover"))
      byId("spoken").textContent = `${instantText(view.instant, view.fineness())}: ${values}`;
  }
  zoomable(plot, () => {
    const { x, w } = graph.getArea();
    return { left: x, width: w };
  });
  view.onZoom(draw);
  view.onHover(showValues);
  colours.changed.push(draw);
  new ResizeObserver(() => {
    graph.resize();
    showValues();
  }).observe(plot);
  showValues();
  return { id, graph };
}

// It differs from the mean only if buckets hold several rows.
function peakOf(shown) {
  return shown.peak && buckets.merged ? buckets.series(shown.peak.from) : null;
}

// Whether the values are not too small in a chart that reaches up to the level.
function isNear(level, top) {
  return level.value < 2.5 * top;
}

// The values of the bucket that holds an instant.
function atInstant({ buckets, mean, greatest }, instant) {
  if (instant > buckets.duration) return { mean: null, greatest: null };
  const bucket = buckets.at(instant);
  return { mean: mean[bucket], greatest: greatest[bucket] };
}

// The values at the instant under the pointer, or else the mean and the greatest in the window.
function legendItems(shown, instant) {
  const figuresOf = (figures) => (instant === null ? overWindow(figures, view.from, view.to)
    : atInstant(figures, instant));
  const items = shown.series.map(({ label, figures, colour, dashes }) => {
    const { mean, greatest } = figuresOf(figures);
    return legendItem(label, dashes ? `${colour} dashed` : colour, instant === null ? "mean" : "",
      valueText(shown.unit, mean),
      instant === null || figures.buckets.merged ? valueText(shown.unit, greatest) : null);
  });
  const peak = peakOf(shown);
  if (peak)
    items.push(legendItem(shown.peak.label, "peak", "", valueText(shown.unit, figuresOf(peak).greatest), null));
  if (shown.level)
    items.push(legendItem(shown.level.label, "muted dashed", "", valueText(shown.unit, shown.level.value), null));
  if (shown.note) items.push(element("li", { class: "what" }, shown.note));
  return items;
}

function legendItem(label, colour, what, value, greatest) {
  return element("li", {},
    element("span", { class: `swatch ${colour}`, "aria-hidden": "true" }), `${label} `,
    what ? element("span", { class: "what" }, `${what} `) : null,
    element("b", {}, value),
    greatest ? element("span", { class: "what" }, " max ") : null,
    greatest ? element("b", {}, greatest) : null);
}

// The values in the window, in at most 100 rows.
function windowTable(title, shown) {
  const most = 100;
  const first = buckets.at(view.from);
  const last = buckets.at(view.to);
  const each = Math.ceil((last - first + 1) / most);
  // If a row of the table is one row of the recording, its mean is its greatest.
  const merged = each > 1 || shown.series.some(({ figures }) =>
    figures.buckets.merged || figures.buckets !== buckets);
  const rows = [];
  for (let i = first; i <= last; i += each) {
    const from = buckets.begin[i];
    const to = buckets.end[Math.min(i + each - 1, last)];
    const fineness = (buckets.end[last] - buckets.begin[first]) / (rows.length + most) || 1;
    rows.push([instantText(to, fineness), ...shown.series.flatMap(({ figures }) => {
      // The first row covers no time, but has gauges.
      const { mean, greatest } = to > from ? overWindow(figures, from, to) : atInstant(figures, to);
      return merged ? [valueText(shown.unit, mean), valueText(shown.unit, greatest)] : [valueText(shown.unit, mean)];
    })]);
  }
  const names = shown.series.flatMap(({ label }) =>
    merged ? [`${label}, mean`, `${label}, max`] : [label]);
  return plainTable(`${title}, up to each instant`, ["time", ...names], rows);
}
