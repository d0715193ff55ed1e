// The recording that stands in this page.
const recording = JSON.parse(document.getElementById("recording").textContent);

// Processes and commands stand as tables, to save room: here they are objects again.
function objectsOf(table) {
  return (table?.rows ?? []).map((row) =>
    Object.fromEntries(table.columns.map((name, i) => [name, row[i]])));
}

const buckets = bucketsOf(recording);

// A counter's sum or a gauge's peak; null where it is unknown.
function total(column) {
  const found = recording.totals[column];
  return found !== null && typeof found === "object" ? found.peak : (found ?? null);
}

// The columns by their names.
const columnOf = new Map(recording.columns.map((column) => [column.name, column]));
