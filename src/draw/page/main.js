// Mouse, keyboard, search, and the panel that tells all about a node.
const drawing = document.getElementById("drawing");
const panel = document.getElementById("panel");
const search = document.getElementById("search");
const found = document.getElementById("found");
let view = {x: 0, y: 0, scale: 1}, selected = null;

// ---- pan and zoom ----

function apply() { world.setAttribute("transform", `translate(${view.x},${view.y}) scale(${view.scale})`); }

function fit() {
  const box = world.getBBox(), room = drawing.getBoundingClientRect();
  if (!box.width || !room.width) return;
  view.scale = Math.min(1.4, room.width / (box.width + 24), room.height / (box.height + 16));
  view.x = (room.width - box.width * view.scale) / 2 - box.x * view.scale;
  view.y = (room.height - box.height * view.scale) / 2 - box.y * view.scale;
  apply();
}

function zoom(factor, x, y) {
  const scale = Math.min(8, Math.max(0.02, view.scale * factor)), real = scale / view.scale;
  view = {x: x - (x - view.x) * real, y: y - (y - view.y) * real, scale};
  apply();
}

function middle() {
  const room = drawing.getBoundingClientRect();
  return [room.width / 2, room.height / 2];
}

// Within another page the wheel first scrolls that one, until the drawing was clicked.
drawing.addEventListener("wheel", event => {
  if (window.parent !== window && !event.ctrlKey && document.activeElement === document.body) return;
  event.preventDefault();
  const room = drawing.getBoundingClientRect();
  zoom(Math.exp(-event.deltaY * 0.0015), event.clientX - room.x, event.clientY - room.y);
}, {passive: false});

let drag = null;
drawing.addEventListener("pointerdown", event => {
  drag = {x: event.clientX - view.x, y: event.clientY - view.y, moved: false, id: event.pointerId};
});
drawing.addEventListener("pointermove", event => {
  if (!drag) return;
  const x = event.clientX - drag.x, y = event.clientY - drag.y;
  if (!drag.moved && Math.hypot(x - view.x, y - view.y) < 4) return;
  if (!drag.moved) drawing.setPointerCapture(drag.id);
  drag.moved = true;
  view.x = x, view.y = y;
  apply();
});
drawing.addEventListener("pointerup", () => { setTimeout(() => { drag = null; }); });

// ---- telling about a node ----

function line(parent, text, className) {
  const p = document.createElement("p");
  p.textContent = text;
  if (className) p.className = className;
  parent.append(p);
  return p;
}

function tell(item) {
  panel.replaceChildren();
  panel.classList.toggle("shown", Boolean(item));
  if (!item) return;
  const entry = item.scope >= 0 ? data.scopes[item.scope] : data.boxes[item.box];
  entry.tip.split("\n").forEach((text, i) => line(panel, text, i === 0 ? "path" : i === 1 ? "op" : ""));
  if (entry.link) {
    const link = document.createElement("a");
    link.href = entry.link;
    link.textContent = "open the line in the graph file";
    panel.append(link);
  }
  if (item.frame) return;
  for (const [title, side, other] of [["reads", "to", "from"], ["read by", "from", "to"]]) {
    const edges = drawn.edges.filter(edge => edge[side].key === item.key && edge.kind === "forward" && !edge.loop);
    if (!edges.length) continue;
    line(panel, title, "head");
    for (const edge of edges) line(panel, pathOf(edge[other]) + (edge.labels.length ? "  " + edge.labels.join(", ") : ""));
  }
}

function mark(item) {
  world.classList.toggle("marked", Boolean(item) && !item.frame);
  for (const edge of drawn.edges)
    if (edge.element) edge.element.classList.toggle("near", Boolean(item) && (edge.from.key === item.key || edge.to.key === item.key));
  for (const other of drawn.items) {
    const near = item && (other.key === item.key ||
      drawn.edges.some(e => (e.from.key === item.key && e.to === other) || (e.to.key === item.key && e.from === other)));
    other.element.classList.toggle("near", Boolean(near));
  }
}

function select(item) {
  selected = item;
  for (const element of world.querySelectorAll(".selected")) element.classList.remove("selected");
  if (item) {
    const path = CSS.escape(pathOf(item));
    const element = world.querySelector(`.item[data-path="${path}"], .frame[data-path="${path}"]`);
    if (element) element.classList.add("selected");
  }
  tell(item);
}

const itemAt = target => target.closest && target.closest(".item, .frame");
drawing.addEventListener("pointerover", event => {
  const element = itemAt(event.target);
  if (drag) return;
  mark(element && element.item);
  if (!selected) tell(element && element.item);
});

// ---- opening and closing ----

// What the pointer is on stays where it is.
function change(scope, action) {
  const id = data.scopes[scope].id, before = placeOf(id);
  action();
  draw();
  const after = placeOf(id);
  if (before && after) view.x += before.x - after.x, view.y += before.y - after.y;
  apply();
  mark(null);
  select(selected && itemFor(pathOf(selected)));
}

function placeOf(id) {
  const element = world.querySelector(`[data-scope="${CSS.escape(id)}"]`);
  return element && element.getBoundingClientRect();
}

function itemFor(path) {
  const element = world.querySelector(`.item[data-path="${CSS.escape(path)}"], .frame[data-path="${CSS.escape(path)}"]`);
  return element ? element.item : null;
}

drawing.addEventListener("click", event => {
  if (drag && drag.moved) return;
  const button = event.target.closest(".toggle"), element = itemAt(event.target);
  if (button) change(button.scope, () => toggle(button.scope));
  else select(element && element.item !== selected ? element.item : null);
});
drawing.addEventListener("dblclick", event => {
  const element = itemAt(event.target);
  if (element && element.item.scope >= 0) change(element.item.scope, () => toggle(element.item.scope));
});

function redraw(action) {
  action();
  draw();
  fit();
  select(null);
}
document.getElementById("more").addEventListener("click", () => redraw(() => changeLevel(1)));
document.getElementById("less").addEventListener("click", () => redraw(() => changeLevel(-1)));
document.getElementById("fit").addEventListener("click", fit);
document.getElementById("turn").addEventListener("click", () => redraw(turn));

function turn() { leftToRight = !leftToRight; }

// ---- search ----

const entries = [
  ...data.scopes.map((scope, i) => ({path: scope.id, what: scope.block, scope: i, box: -1})),
  ...data.boxes.filter(box => box.part !== GRADIENT)
    .map(box => ({path: box.id, what: box.what, scope: -1, box: data.boxes.indexOf(box)})),
];

function show(entry) {
  reveal(entry);
  draw();
  const item = itemFor(entry.path);
  if (!item) return;
  const element = world.querySelector(`[data-path="${CSS.escape(entry.path)}"]`);
  view.scale = Math.max(view.scale, 0.8);
  apply();
  const at = element.getBoundingClientRect(), room = drawing.getBoundingClientRect();
  view.x += room.x + room.width / 2 - (at.x + at.width / 2);
  view.y += room.y + room.height / 2 - (at.y + Math.min(at.height, room.height) / 2);
  apply();
  select(item);
  mark(item);
}

let choice = 0;
function look() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const hits = words.length
    ? entries.filter(e => words.every(w => e.path.toLowerCase().includes(w) || e.what.toLowerCase().includes(w))) : [];
  found.replaceChildren();
  choice = Math.min(choice, Math.max(0, hits.length - 1));
  hits.slice(0, 12).forEach((hit, i) => {
    const li = document.createElement("li");
    li.textContent = hit.path + "  " + hit.what;
    li.role = "option";
    li.className = i === choice ? "chosen" : "";
    li.addEventListener("pointerdown", event => { event.preventDefault(); show(hit); found.hidden = true; });
    found.append(li);
  });
  if (words.length) {
    const li = document.createElement("li");
    li.className = "count";
    li.textContent = hits.length === 1 ? "1 match" : hits.length + " matches";
    found.append(li);
  }
  found.hidden = !words.length;
  return hits;
}
search.addEventListener("input", () => { choice = 0; look(); });
search.addEventListener("keydown", event => {
  const hits = look();
  if (event.key === "Enter" && hits.length) { show(hits[choice]); found.hidden = true; drawing.focus(); }
  else if (event.key === "ArrowDown") { choice++; look(); event.preventDefault(); }
  else if (event.key === "ArrowUp") { choice = Math.max(0, choice - 1); look(); event.preventDefault(); }
  else if (event.key === "Escape") { search.value = ""; look(); drawing.focus(); }
  event.stopPropagation();
});

// ---- keys ----

document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const step = 60, [x, y] = middle(), element = itemAt(document.activeElement || document.body);
  const keys = {
    "/": () => search.focus(), "0": fit, "+": () => zoom(1.25, x, y), "=": () => zoom(1.25, x, y),
    "-": () => zoom(0.8, x, y), t: () => redraw(turn), "]": () => redraw(() => changeLevel(1)), "[": () => redraw(() => changeLevel(-1)),
    ArrowLeft: () => { view.x += step; apply(); }, ArrowRight: () => { view.x -= step; apply(); },
    ArrowUp: () => { view.y += step; apply(); }, ArrowDown: () => { view.y -= step; apply(); },
    Escape: () => { select(null); mark(null); },
    Enter: () => {
      if (!element) return;
      const path = pathOf(element.item);
      if (element.item.scope >= 0) change(element.item.scope, () => toggle(element.item.scope));
      else select(element.item);
      const again = world.querySelector(`[data-path="${CSS.escape(path)}"]`);
      if (again) again.focus();
    },
  };
  if (!keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});
world.addEventListener("focusin", event => {
  const element = itemAt(event.target);
  if (element) mark(element.item), tell(element.item);
});

// ---- start ----

document.title = data.title;
document.getElementById("title").textContent = data.title;
document.getElementById("totals").textContent = data.totals + (data.note ? " · " + data.note : "");
draw();
fit();
if (location.hash.length > 1) {
  const path = decodeURIComponent(location.hash.slice(1)), entry = entries.find(e => e.path === path);
  if (entry) show(entry);
}
