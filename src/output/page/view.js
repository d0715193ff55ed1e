// The window of time of all charts, and the instant under the pointer.
const view = (() => {
  const whole = { from: 0, to: buckets.duration > 0 ? buckets.duration : 1 };
  // At least a few rows.
  const shortest = Math.min(whole.to, Math.max(3 * buckets.interval, whole.to * 1e-5));
  const zoomed = [];
  const hovered = [];
  let due = false;
  const view = {
    ...whole,
    whole,
    instant: null,
    // The resolution of an instant as text.
    fineness: () => (view.to - view.from) / 100,
    isWhole: () => view.from <= whole.from && view.to >= whole.to,
    onZoom: (listener) => zoomed.push(listener),
    onHover: (listener) => hovered.push(listener),
    zoom(from, to) {
      const length = Math.min(whole.to, Math.max(shortest, to - from));
      const middle = (from + to) / 2;
      view.from = Math.min(Math.max(0, middle - length / 2), whole.to - length);
      view.to = view.from + length;
      if (due) return;
      due = true;
      requestAnimationFrame(view.redraw);
    },
    redraw() {
      due = false;
      for (const listener of zoomed) listener();
    },
    reset: () => view.zoom(whole.from, whole.to),
    // `factor` below 1 shows less; `centre` stays where it is.
    scale(factor, centre = view.instant ?? (view.from + view.to) / 2) {
      view.zoom(centre - (centre - view.from) * factor, centre + (view.to - centre) * factor);
    },
    pan(share) {
      const way = (view.to - view.from) * share;
      view.zoom(view.from + way, view.to + way);
    },
    hover(instant) {
      view.instant = instant;
      for (const listener of hovered) listener();
    },
    // Moves to the neighbouring bucket, for use without a pointer.
    step(by) {
      const at = view.instant === null || view.instant < view.from || view.instant > view.to
        ? buckets.at(view.from) : buckets.at(view.instant) + by;
      const bucket = Math.min(Math.max(at, 0), buckets.count - 1);
      const instant = (buckets.begin[bucket] + buckets.end[bucket]) / 2;
      if (instant < view.from || instant > view.to) view.pan(by * 0.5);
      view.hover(instant);
    },
  };
  return view;
})();

// Lets an element be zoomed by dragging over it, and by keys. `area()` is where its time axis lies:
// {left, width} in its own pixels. `keys` are further ones.
function zoomable(target, area, keys = {}) {
  const brush = element("div", { class: "brush", hidden: true });
  target.append(brush);
  let start = null;
  const x = (event) => {
    const { left, width } = area();
    return Math.min(Math.max(event.clientX - target.getBoundingClientRect().left, left), left + width);
  };
  const timeAt = (pixel) => {
    const { left, width } = area();
    return view.from + ((pixel - left) / width) * (view.to - view.from);
  };
  target.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.target.closest("button")) return;
    start = x(event);
    target.setPointerCapture(event.pointerId);
  });
  target.addEventListener("pointermove", (event) => {
    view.hover(timeAt(x(event)));
    if (start === null) return;
    brush.style.left = `${Math.min(start, x(event))}px`;
    brush.style.width = `${Math.abs(x(event) - start)}px`;
    brush.hidden = false;
  });
  target.addEventListener("pointerup", (event) => {
    const [from, to] = [start, x(event)].sort((a, b) => a - b);
    const dragged = start !== null && to - from > 4;
    brush.hidden = true;
    start = null;
    if (dragged) view.zoom(timeAt(from), timeAt(to));
  });
  target.addEventListener("pointercancel", () => {
    brush.hidden = true;
    start = null;
  });
  for (const left of ["pointerleave", "blur"]) target.addEventListener(left, () => view.hover(null));
  target.addEventListener("dblclick", view.reset);
  // A pinch on a touchpad is a wheel event with Ctrl.
  target.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    view.scale(event.deltaY < 0 ? 0.8 : 1.25, timeAt(x(event)));
  }, { passive: false });
  const actions = {
    ArrowLeft: (event) => (event.shiftKey ? view.pan(-0.2) : view.step(-1)),
    ArrowRight: (event) => (event.shiftKey ? view.pan(0.2) : view.step(1)),
    "+": () => view.scale(0.5),
    "=": () => view.scale(0.5),
    "-": () => view.scale(2),
    0: view.reset,
    Escape: view.reset,
    ...keys,
  };
  target.addEventListener("keydown", (event) => {
    const action = actions[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action(event);
  });
}
