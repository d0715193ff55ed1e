// The positions of the marks of an axis: at round numbers.

// The least of 1, 2, 5, 10, ... that is not below `step`; for bytes, of 1, 2, 4, 8, ...
function niceStep(step, base) {
  if (base === 1024) return 2 ** Math.ceil(Math.log2(step) - 1e-9);
  const power = 10 ** Math.floor(Math.log10(step));
  return ([1, 2, 5].find((nice) => nice * power >= step * 0.999) ?? 10) * power;
}

function ticksBetween(low, high, step) {
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-6); i * step <= high + step * 1e-6; i++) ticks.push(i * step);
  return ticks;
}

// One unit for the whole axis, so that its numbers can be compared at a glance.
function valueTicks(low, high, pixels, unit) {
  const whole = unit === units.count ? 1 : 0;
  const count = Math.max(2, Math.floor(pixels / 36));
  const step = Math.max(niceStep(((high - low) * unit.scale) / count, unit.base), whole) / unit.scale;
  return ticksBetween(low, high, step).map((v) => ({ v, label: tickText(v, high, unit) }));
}

function tickText(value, high, unit) {
  if (value === 0) return unit.text(0);
  if (unit.base !== 1024) return unit.text(value);
  const power = Math.max(0, Math.floor(Math.log(high) / Math.log(1024) + 1e-9));
  const number = value / 1024 ** power;
  return `${+number.toFixed(2)} ${byteUnits[power]}${unit === units.byteRate ? "/s" : ""}`;
}

const timeSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200,
  86400];

function timeTicks(from, to, pixels) {
  const least = (to - from) / Math.max(2, Math.floor(pixels / 72));
  const step = least <= 1 ? niceStep(least, 10)
    : (timeSteps.find((nice) => nice >= least) ?? Math.ceil(least / 86400) * 86400);
  return ticksBetween(from, to, step).map((v) => ({ v, label: instantText(v, step) }));
}
