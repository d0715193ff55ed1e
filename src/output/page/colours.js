// Colours come from the style sheet, which has those for light, dark and paper.
const colours = {
  of: (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim(),
  changed: [],
};

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const listener of colours.changed) listener();
});
