// The page, from top to bottom.
makeHeadline();
const charts = makeCharts();
makeTimeline();
makeCommands();
makeDetails();
