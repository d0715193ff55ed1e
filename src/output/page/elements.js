// Makes elements. Anything from the recording becomes text only.
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "class") made.className = value;
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function byId(id) {
  return document.getElementById(id);
}

// Buttons, one of which is chosen.
function choice(label, names, chosen, onchosen) {
  const group = element("div", { class: "choice", role: "group", "aria-label": label });
  const buttons = names.map((name, i) =>
    element("button", { type: "button", onclick: () => choose(i) }, name),
  );
  function choose(which) {
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(i === which)));
    onchosen(which);
  }
  buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(i === chosen)));
  group.append(...buttons);
  return group;
}

// A table that can be opened. It is filled when it is opened, and again by `refresh`.
function openable(title, fill) {
  const body = element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title });
  const refresh = () => {
    if (details.open) body.replaceChildren(fill());
  };
  const details = element("details", { class: "behind", ontoggle: refresh },
    element("summary", {}, title), body);
  return { details, refresh };
}

// The small box beside the pointer.
const tip = {
  show(event, lines) {
    const box = byId("tip");
    box.replaceChildren(...lines.map((line, i) => element("div", { class: i === 0 ? "first" : "" }, line)));
    box.hidden = false;
    const left = Math.min(event.clientX + 14, innerWidth - box.offsetWidth - 8);
    const below = event.clientY + 18;
    const fits = below + box.offsetHeight < innerHeight - 4;
    box.style.left = `${Math.max(4, left)}px`;
    box.style.top = `${fits ? below : event.clientY - box.offsetHeight - 12}px`;
  },
  hide() {
    byId("tip").hidden = true;
  },
};

// How a recording ended, as in the summary.
function endingLine({ meta, words }) {
  const failed = Boolean(meta.exit_code) || Boolean(meta.signal);
  return element("p", { class: failed ? "ending failed" : "ending" }, visibleText(words.ending));
}
