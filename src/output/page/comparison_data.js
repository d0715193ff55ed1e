// The comparison in this page.
const comparison = JSON.parse(document.getElementById("recording").textContent);

// The two recordings, distinguished by colour and by dashes.
const sides = ["a", "b"].map((key, i) => ({
  ...comparison[key],
  key,
  name: key.toUpperCase(),
  buckets: bucketsOf({ buckets: comparison.buckets[i], meta: comparison[key].meta }),
  colour: ["first", "second"][i],
  dashes: [undefined, [5, 3]][i],
}));

// The buckets of the longer one are the time axis of both.
const { buckets } = sides.reduce((one, other) => (other.buckets.duration > one.buckets.duration ? other : one));

// The compared values by their names: each has a unit.
const columnOf = new Map(Object.entries(comparison.totals));
