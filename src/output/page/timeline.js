// A bar per process from its start to its end, darker the more of a core it used. One canvas, of
// which only the visible part is drawn.
const timelineSizes = { label: 190, narrowLabel: 84, lane: 12, thinLane: 5, gap: 10, right: 12, axis: 22, most: 420 };

// The next record of a process whose bar ended with an exec.
function findSuccessors(processes) {
  const key = (pid, instant) => `${pid} ${instant}`;
  const byStart = new Map(processes.map((process) => [key(process.pid, process.start), process]));
  return ({ pid, end }) => byStart.get(key(pid, end));
}

function endText(process, successor) {
  const known = (value) => value !== null && value !== undefined;
  if (!known(process.end)) return "still running at the end";
  if (known(process.signal)) return `killed by signal ${process.signal}`;
  if (known(process.exit_code)) return `exit ${process.exit_code}`;
  return successor ? `then executed ${visibleText(successor.command ?? unknown)}` : "ended";
}

function processLines({ process, begin, end, cpu, share }, successor) {
  const line = process.argv ?? "";
  return [
    `${visibleText(process.command ?? unknown)}  ${process.pid}`,
    line ? visibleText(line) : null,
    `${secondsText(end - begin)} from ${secondsText(begin)}, ${endText(process, successor)}`,
    `CPU ${secondsText(cpu)}, ${percentText(share)} of one core`,
    process.children_cpu > 0 ? `up to ${secondsText(process.children_cpu)} of it its children's` : null,
    process.peak_rss === null || process.peak_rss === undefined ? null
      : `peak memory ${bytesText(process.peak_rss)}`
        + (process.peak_rss_predates === true ? ", before the recording" : ""),
  ].filter((text) => text);
}

function makeTimeline() {
  const processes = objectsOf(recording.processes);
  if (processes.length === 0 || buckets.duration === 0) return;
  const commands = packLanes(processes, buckets.duration);
  // A process has a bar for each program that it executed, and one for the time before the first.
  const ran = new Map(objectsOf(recording.commands).map((each) => [each.command ?? unknown, each.processes]));
  const successorOf = findSuccessors(processes);
  const laneCount = commands.reduce((sum, group) => sum + group.lanes.length, 0);
  const sizes = timelineSizes;
  const laneHeight = laneCount > 60 ? sizes.thinLane : sizes.lane;
  const rows = [];  // {y, lane, group} of every lane, from the top
  let height = 4;
  for (const group of commands) {
    group.y = height;
    for (const lane of group.lanes) {
      rows.push({ y: height, lane, group });
      height += laneHeight;
    }
    height = Math.max(height, group.y + 14) + (laneHeight > 8 ? sizes.gap : 6);
  }

  const canvas = element("canvas");
  const axis = element("canvas", { class: "axis", height: sizes.axis });
  const cursor = element("div", { class: "cursor", hidden: true });
  const sizer = element("div", { class: "sizer" });
  const scroller = element("div", { class: "lanes" }, sizer, canvas);
  const plot = element("div", {
    class: "plot timeline", tabindex: "0", role: "application", "aria-roledescription": "timeline",
    "aria-label": `Processes: ${grouped(processes.length)} of ${plural(commands.length, "command")}. ` +
      "The table behind has them all.",
  }, scroller, axis, cursor);
  const scale = element("span", { class: "scale" }, "0 %",
    element("span", { class: "ramp", "aria-hidden": "true" }), "100 % of one core");
  const table = openable("Processes as a table", () => processTable(processes, successorOf));
  byId("processes").append(element("figure", { class: "card", id: "timeline" },
    element("div", { class: "title" }, element("h2", {}, "Process timeline"), scale),
    omittedNote(recording.processes, "processes", recording.audit.processes_left_out ?? 0),
    plot, table.details));
  sizer.style.height = `${height}px`;
  scroller.style.height = `${Math.min(height, sizes.most)}px`;

  const label = () => (plot.clientWidth < 560 ? sizes.narrowLabel : sizes.label);
  const area = () => ({ left: label(), width: Math.max(1, scroller.clientWidth - label() - sizes.right) });
  const xOf = (time) => area().left + ((time - view.from) / (view.to - view.from)) * area().width;

  function context(of, width, pixels) {
    const ratio = document.documentElement.classList.contains("printing") ? 3 : devicePixelRatio || 1;
    of.width = width * ratio;
    of.height = pixels * ratio;
    of.style.width = `${width}px`;
    of.style.height = `${pixels}px`;
    const made = of.getContext("2d");
    made.scale(ratio, ratio);
    made.font = `12px ${getComputedStyle(document.body).fontFamily}`;
    return made;
  }

  function draw() {
    const { left: begin, width } = area();
    const visible = scroller.clientHeight;
    const pen = context(canvas, scroller.clientWidth, visible);
    const ramp = ["share-0", "share-1", "share-2", "share-3", "share-4"].map(colours.of);
    const top = scroller.scrollTop;
    pen.textBaseline = "top";
    commands.forEach((group) => {
      const y = group.y - top;
      pen.fillStyle = colours.of("grid");
      pen.fillRect(0, y - Math.ceil(sizes.gap / 2) + (laneHeight > 8 ? 0 : 2), scroller.clientWidth, 1);
      const stays = Math.max(y, Math.min(0, y + group.lanes.length * laneHeight - 14));
      pen.fillStyle = colours.of("text");
      const label = fitted(pen, visibleText(group.name), ran.get(group.name) ?? group.bars.length, begin - 12);
      pen.fillText(label, 0, stays);
    });
    pen.beginPath();
    pen.rect(begin, 0, width + 2, visible);
    pen.clip();
    for (const { y, lane } of rows) {
      if (y - top < -laneHeight || y - top > visible) continue;
      let drawnTo = -Infinity;
      for (const bar of lane) {
        if (bar.end < view.from || bar.begin > view.to) continue;
        const x = xOf(bar.begin);
        const end = Math.max(xOf(bar.end), x + 1);
        if (end <= drawnTo) continue;
        pen.fillStyle = ramp[Math.min(4, Math.floor(bar.share * 4.999))];
        const seam = end - x > 4 && laneHeight > 8 ? 1 : 0;
        pen.fillRect(Math.max(x, drawnTo), y - top, end - Math.max(x, drawnTo) - seam, laneHeight - 1);
        drawnTo = end;
      }
    }
    drawAxis(begin, width);
  }
  function drawAxis(begin, width) {
    const pen = context(axis, plot.clientWidth, sizes.axis);
    pen.fillStyle = colours.of("line");
    pen.fillRect(begin, 0, width, 1);
    pen.fillStyle = colours.of("muted");
    pen.textAlign = "center";
    for (const { v, label: text } of timeTicks(view.from, view.to, width)) {
      pen.fillRect(xOf(v), 0, 1, 4);
      pen.fillText(text, Math.min(xOf(v), plot.clientWidth - pen.measureText(text).width / 2), 17);
    }
  }
  // "cc1plus  412", cut where the name is too long.
  function fitted(pen, name, count, width) {
    const tail = count > 1 ? `  \u00d7${grouped(count)}` : "";
    const fits = (text) => pen.measureText(text + tail).width <= width;
    if (fits(name)) return name + tail;
    let length = Math.min(name.length, 60);
    while (length > 1 && !fits(`${name.slice(0, length)}\u2026`)) length--;
    return `${name.slice(0, length)}\u2026${tail}`;
  }
  function barUnder(event) {
    const box = scroller.getBoundingClientRect();
    const y = event.clientY - box.top + scroller.scrollTop;
    const row = rows.find((each) => y >= each.y && y < each.y + laneHeight);
    if (!row || event.clientY > box.bottom) return null;
    const perPixel = (view.to - view.from) / area().width;
    const instant = view.from + (event.clientX - box.left - area().left) * perPixel;
    return event.clientX - box.left < area().left ? null : barAt(row.lane, instant, 1.5 * perPixel);
  }

  zoomable(plot, area, {
    ArrowUp: () => scroller.scrollBy(0, -40),
    ArrowDown: () => scroller.scrollBy(0, 40),
  });
  plot.addEventListener("pointermove", (event) => {
    const bar = barUnder(event);
    if (bar) tip.show(event, processLines(bar, successorOf(bar.process)));
    else tip.hide();
  });
  plot.addEventListener("pointerleave", tip.hide);
  scroller.addEventListener("scroll", draw);
  view.onZoom(draw);
  view.onHover(() => {
    const inside = view.instant !== null && view.instant >= view.from && view.instant <= view.to;
    cursor.hidden = !inside;
    if (inside) cursor.style.transform = `translateX(${xOf(view.instant)}px)`;
  });
  colours.changed.push(draw);
  new ResizeObserver(draw).observe(plot);
}

function processTable(processes, successorOf) {
  const number = (name, key, text) => ({
    name, number: true, value: (row) => row[key], text: (row) => valueText({ text }, row[key]),
  });
  return sortableTable({
    caption: "Processes",
    rows: processes,
    sortBy: "CPU",
    columns: [
      { name: "command", value: (row) => row.command ?? "", cell: (row) =>
        element("code", { title: visibleText(row.argv ?? "") }, visibleText(row.command ?? unknown)) },
      number("pid", "pid", String),
      number("parent", "ppid", String),
      number("start", "start", secondsText),
      { name: "duration", number: true, value: (row) => (row.end ?? buckets.duration) - row.start,
        text: (row) => secondsText((row.end ?? buckets.duration) - row.start) },
      { name: "end", value: (row) => endText(row, successorOf(row)), text: (row) => endText(row, successorOf(row)) },
      ...resourceColumns(processes),
    ],
  });
}
