// The recording in this page.
const recording = JSON.parse(document.getElementById("recording").textContent);

// Processes and commands are tables in the page, to save bytes; this makes objects of them.
function objectsOf(table) {
  return (table?.rows ?? []).map((row) =>
    Object.fromEntries(table.columns.map((name, i) => [name, row[i]])));
}

const buckets = bucketsOf(recording);

// The sum of a counter or the peak of a gauge; null if it is unknown.
function total(column) {
  const found = recording.totals[column];
  return found !== null && typeof found === "object" ? found.peak : (found ?? null);
}

// The columns by their names.
const columnOf = new Map(recording.columns.map((column) => [column.name, column]));
