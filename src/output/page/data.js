// The recording that stands in this page, and its buckets: stretches of time that follow each other.
const recording = JSON.parse(document.getElementById("recording").textContent);

// Processes and commands stand as tables, to save room: here they are objects again.
function objectsOf(table) {
  return (table?.rows ?? []).map((row) =>
    Object.fromEntries(table.columns.map((name, i) => [name, row[i]])));
}

const buckets = (() => {
  const { end, series, steps } = recording.buckets;
  const begin = end.map((_, i) => (i === 0 ? 0 : end[i - 1]));
  return {
    begin,
    end,
    count: end.length,
    duration: end.length > 0 ? end[end.length - 1] : 0,
    // Where a bucket holds one row, its least, mean and greatest are one.
    merged: steps > 1,
    // {mean, least, greatest}, or null where no bucket knows the series.
    series(name) {
      const found = series[name];
      if (!found || found.mean.every((value) => value === null)) return null;
      return {
        mean: found.mean,
        least: found.least ?? found.mean,
        greatest: found.greatest ?? found.mean,
      };
    },
    // The bucket that holds this instant.
    at(time) {
      let low = 0;
      let high = end.length - 1;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (end[middle] < time) low = middle + 1;
        else high = middle;
      }
      return low;
    },
  };
})();

// A counter's sum or a gauge's peak; null where it is unknown.
function total(column) {
  const found = recording.totals[column];
  return found !== null && typeof found === "object" ? found.peak : (found ?? null);
}

// The columns by their names.
const columnOf = new Map(recording.columns.map((column) => [column.name, column]));

// Over the buckets that reach into a window of time: the mean by time, and the greatest.
function overWindow(series, from, to) {
  let sum = 0;
  let time = 0;
  let greatest = null;
  for (let i = buckets.at(from); i < buckets.count && buckets.begin[i] <= to; i++) {
    if (series.mean[i] === null || buckets.end[i] <= from) continue;
    const length = Math.min(buckets.end[i], to) - Math.max(buckets.begin[i], from);
    sum += series.mean[i] * length;
    time += length;
    if (greatest === null || series.greatest[i] > greatest) greatest = series.greatest[i];
  }
  return { mean: time > 0 ? sum / time : null, greatest };
}
