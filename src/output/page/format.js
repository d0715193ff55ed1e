// Numbers as text, as in the summary on the terminal.
const narrowSpace = "\u202f";
const unknown = "\u2013";

// Three digits: 1.23, 12.3, 123.
function threeDigits(value) {
  const size = Math.abs(value);
  return value.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
}

function grouped(value) {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, narrowSpace);
}

const byteUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

function bytesText(value) {
  if (value < 1024) return `${value > 0 && value < 10 ? +value.toFixed(1) : Math.round(value)} B`;
  let unit = 0;
  while (unit + 1 < byteUnits.length && (unit === 0 || value >= 999.5)) {
    value /= 1024;
    unit++;
  }
  return `${threeDigits(value)} ${byteUnits[unit]}`;
}

function countText(value) {
  if (value !== 0 && Math.abs(value) < 100 && !Number.isInteger(value))
    return String(+threeDigits(value));
  return grouped(value);
}

function percentText(share) {
  const percent = share * 100;
  return `${percent > 0 && percent < 9.95 ? percent.toFixed(1) : grouped(percent)} %`;
}

function twoDigits(value) {
  return String(value).padStart(2, "0");
}

// A length of time.
function secondsText(value) {
  if (value === 0) return "0 s";
  if (value < 0) return `\u2212${secondsText(-value)}`;
  if (value < 0.9995e-3) return `${threeDigits(value * 1e6)} us`;
  if (value < 0.9995) return `${threeDigits(value * 1e3)} ms`;
  if (value < 99.95) return `${threeDigits(value)} s`;
  const whole = Math.round(value);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${twoDigits(whole % 60)} s`;
  const hours = Math.floor(whole / 3600);
  if (hours < 72) return `${hours} h ${twoDigits(Math.floor((whole % 3600) / 60))} min`;
  return `${Math.floor(hours / 24)} d ${twoDigits(hours % 24)} h`;
}

// An instant of the recording: "0.201 s", "4:05.3", "1:02:03". `step` is its resolution.
function instantText(value, step) {
  const digits = step >= 1 ? 0 : Math.min(6, Math.ceil(-Math.log10(step) - 1e-9));
  if (buckets.duration < 120) return `${value.toFixed(digits)} s`;
  const scaled = Math.round(value * 10 ** digits);
  const whole = Math.floor(scaled / 10 ** digits);
  const rest = digits > 0 ? `.${String(scaled % 10 ** digits).padStart(digits, "0")}` : "";
  const minutes = Math.floor(whole / 60);
  const seconds = twoDigits(whole % 60) + rest;
  if (buckets.duration < 3600) return `${minutes}:${seconds}`;
  return `${Math.floor(minutes / 60)}:${twoDigits(minutes % 60)}:${seconds}`;
}

// The units of charts and tables, with the text of a value.
const units = {
  percent: { text: percentText, base: 10, scale: 100 },
  bytes: { text: bytesText, base: 1024, scale: 1 },
  byteRate: { text: (value) => `${bytesText(value)}/s`, base: 1024, scale: 1 },
  rate: { text: (value) => `${countText(value)}/s`, base: 10, scale: 1 },
  count: { text: countText, base: 10, scale: 1 },
};

function valueText(unit, value) {
  return value === null || value === undefined ? unknown : unit.text(value);
}

function plural(count, what) {
  return `${grouped(count)} ${what}${count === 1 ? "" : "s"}`;
}

// A value of a column, by its unit.
function columnText(column, value) {
  if (value === null || value === undefined) return unknown;
  const unit = columnOf.get(column)?.unit;
  if (unit === "bytes") return bytesText(value);
  if (unit === "s") return secondsText(value);
  return countText(value);
}

// Control characters, and those that change the direction of text, become visible escapes.
function visibleText(text) {
  return String(text).replace(
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (character) => {
      const code = character.charCodeAt(0);
      return code < 0x100 ? `\\x${twoDigits(code.toString(16))}` : `\\u${code.toString(16)}`;
    },
  );
}

// The time between rows, without trailing zeros: "10 ms".
function intervalText(value) {
  return secondsText(value).replace(/(\.\d*[1-9])0+|\.0+/, "$1");
}

// When a recording began: "2026-11-22 18:29:57 UTC".
function startText({ start }) {
  return (start ?? "").replace("T", " ").replace(/\.\d+Z$/, " UTC");
}
