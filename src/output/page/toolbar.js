// Above the charts, and visible while they scroll: the window of time.
function makeToolbar() {
  const range = element("output", { class: "range" });
  const button = (name, label, action) =>
    element("button", { type: "button", title: label, "aria-label": label, onclick: action }, name);
  const whole = button("whole recording", "Show the whole recording", view.reset);
  const showRange = () => {
    const text = (instant) => instantText(instant, view.fineness());
    range.textContent = view.instant === null ? `${text(view.from)} \u2013 ${text(view.to)}`
      : `at ${text(Math.min(view.instant, view.whole.to))}`;
    whole.disabled = view.isWhole();
  };
  view.onZoom(showRange);
  view.onHover(showRange);
  showRange();
  return element("div", { class: "toolbar", role: "toolbar", "aria-label": "View of the recording" },
    range,
    button("\u2212", "Zoom out", () => view.scale(2)),
    button("+", "Zoom in", () => view.scale(0.5)),
    button("\u2190", "Earlier", () => view.pan(-0.5)),
    button("\u2192", "Later", () => view.pan(0.5)),
    whole,
    element("span", { class: "hint", id: "keys" },
      "Drag to zoom, double-click for the whole. Keys: arrows, +, \u2212, 0."));
}
