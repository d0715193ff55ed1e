// The page, from top to bottom.
function swatch({ colour, dashes }) {
  return element("span", { class: `${colour} swatch${dashes ? " dashed" : ""}`, "aria-hidden": "true" });
}

function sideItem(side) {
  const { meta, words, file, name } = side;
  return element("div", { class: "side" },
    element("h2", {}, swatch(side), `${name}: ${visibleText(file)}`),
    element("p", { class: "command" }, visibleText(words.target)),
    endingLine(side),
    element("p", { class: "where" },
      [visibleText(meta.host), meta.kernel ? `Linux ${visibleText(meta.kernel)}` : "", plural(meta.cpus, "CPU"),
       startText(meta),
        `a row every ${intervalText(meta.interval)}`].filter((text) => text).join("  \u00b7  ")));
}

function pairTile(title, name) {
  const pair = comparison.totals[name] ?? noPair;
  return element("div", { class: "pair tile" },
    element("dt", {}, title),
    element("dd", {},
      element("b", {}, `${columnText(name, pair.a)} \u2192 ${columnText(name, pair.b)}`),
      element("span", {}, pair.ratio === null ? differenceText(name, pair)
        : `${differenceText(name, pair)}, ${ratioText(pair)} of A`)));
}

// Empty if there are none.
function lines(kind, texts) {
  if (texts.length === 0) return "";
  return element("ul", { class: kind }, ...texts.map((text) => element("li", {}, visibleText(text))));
}

function makeHeadline() {
  const { failed, warnings } = comparison;
  const files = sides.map(({ file }) => visibleText(file));
  document.title = `${files[0]} and ${files[1]} \u2013 rusage-bpf`;
  byId("headline").append(
    element("p", { class: "where" }, "rusage-bpf compare"),
    element("h1", {}, `${files[0]} \u2192 ${files[1]}`),
    element("div", { class: "sides" }, ...sides.map(sideItem)),
    lines("broken", failed),
    lines("warnings", warnings),
    element("dl", { class: "tiles" },
      pairTile("Elapsed", "elapsed"), pairTile("CPU", "cpu"),
      pairTile("Peak memory", "peak_rss"), pairTile("Waiting for a CPU", "run_delay"),
      pairTile("Read", "read_bytes"), pairTile("Written", "write_bytes"),
      pairTile("Processes started", "forks"), pairTile("Minor page faults", "minor_faults")));
}

makeHeadline();
const charts = makeCharts();
makeCommands();
makeTotals();
