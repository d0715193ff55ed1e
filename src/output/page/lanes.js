// Puts processes into lanes: those of one command together, and in one lane those that do not overlap, so that
// thousands of short processes need as many lanes as ran at once.
function packLanes(processes, duration) {
  const groups = new Map();
  for (const process of processes) {
    const begin = process.start ?? 0;
    const end = Math.max(process.end ?? duration, begin);
    const cpu = (process.user ?? 0) + (process.system ?? 0);
    const name = process.command ?? unknown;
    if (!groups.has(name)) groups.set(name, { name, cpu: 0, bars: [], lanes: [] });
    const group = groups.get(name);
    group.cpu += cpu;
    // A process without a measurable duration has no share.
    group.bars.push({ process, begin, end, cpu, share: end > begin ? cpu / (end - begin) : 0 });
  }
  const sorted = [...groups.values()].sort((a, b) => b.cpu - a.cpu || b.bars.length - a.bars.length);
  for (const group of sorted) fillLanes(group);
  return sorted;
}

// Each bar goes into the first lane that is free. A heap would be faster, and thousands of bars in
// hundreds of lanes take a millisecond.
function fillLanes(group) {
  group.bars.sort((a, b) => a.begin - b.begin || b.end - a.end);
  const free = [];
  for (const bar of group.bars) {
    let lane = free.findIndex((instant) => instant <= bar.begin);
    if (lane < 0) {
      lane = free.length;
      group.lanes.push([]);
    }
    free[lane] = bar.end;
    group.lanes[lane].push(bar);
  }
}

// The bar of a lane at an instant, or one that begins or ends within `slack` of it.
function barAt(lane, instant, slack) {
  let low = 0;
  let high = lane.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (lane[middle].begin <= instant + slack) low = middle;
    else high = middle - 1;
  }
  const bar = lane[low];
  return bar && bar.begin <= instant + slack && bar.end >= instant - slack ? bar : null;
}
