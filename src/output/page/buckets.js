// The buckets of a recording: successive periods, each of one or several rows.
function bucketsOf({ buckets, meta }) {
  const { end, series, steps } = buckets;
  const begin = end.map((_, i) => (i === 0 ? 0 : end[i - 1]));
  const made = {
    begin,
    end,
    count: end.length,
    duration: end.length > 0 ? end[end.length - 1] : 0,
    interval: meta.interval ?? 0,
    // In a bucket of one row, least, mean and greatest are equal.
    merged: steps > 1,
    // {buckets, mean, least, greatest}, or null if the series is unknown in every bucket.
    series(name) {
      const found = series[name];
      if (!found || found.mean.every((value) => value === null)) return null;
      return {
        buckets: made,
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
  return made;
}

// Over the buckets in a window of time: the mean, weighted by time, and the greatest.
function overWindow(figures, from, to) {
  const { buckets, mean } = figures;
  let sum = 0;
  let time = 0;
  let greatest = null;
  for (let i = buckets.at(from); i < buckets.count && buckets.begin[i] <= to; i++) {
    // The first row covers no time, but has gauges.
    const before = buckets.end[i] <= from && buckets.begin[i] < buckets.end[i];
    if (mean[i] === null || before) continue;
    const length = Math.min(buckets.end[i], to) - Math.max(buckets.begin[i], from);
    sum += mean[i] * length;
    time += length;
    if (greatest === null || figures.greatest[i] > greatest) greatest = figures.greatest[i];
  }
  return { mean: time > 0 ? sum / time : null, greatest };
}
