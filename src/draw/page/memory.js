// What lies in the arena while a node runs.
//
// Data: pieces [name, use, offset, bytes, first node, first node that no longer needs it, fetched], nodes, and the
// bytes that are live while each runs; places where each begins along the axis, and where the last one ends.
const data = JSON.parse(document.getElementById("data").textContent);
const chart = document.getElementById("chart"), svg = chart.querySelector("svg");
const panel = document.getElementById("panel"), search = document.getElementById("search");
const [left, top_, width, height] = data.plot;
const MOST = 18;
let node = data.peak, piece = -1, held = false;

const cursor = document.createElementNS("http://www.w3.org/2000/svg", "line");
cursor.id = "cursor";
svg.append(cursor);

function add(parent, name, text, className) {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  parent.append(element);
  return element;
}

function row(table, i) {
  const [name, use, , size, first, last] = data.pieces[i];
  const tr = add(table, "tr", undefined, i === piece ? "this" : "");
  add(tr, "td").innerHTML = `<svg viewBox="0 0 14 9"><rect class="u${use}" x="1" y="1" width="12" height="7"/></svg>`;
  add(tr, "td", name);
  add(tr, "td", bytes(size));
  add(tr, "td", `${first + 1}–${last}`);
}

function tell() {
  panel.replaceChildren();
  if (!data.nodes.length) return;
  if (piece >= 0) {
    const [name, use, offset, size, first, last, fetched] = data.pieces[piece];
    add(panel, "h2", name);
    add(panel, "p", `${bytes(size)} at ${bytes(offset)}, nodes ${first + 1} to ${last}: ${data.uses[use]}${fetched ? ", fetched" : ""}`);
  }
  const live = data.pieces.map((p, i) => i).filter(i => data.pieces[i][4] <= node && node < data.pieces[i][5]);
  add(panel, "h2", `node ${node + 1}: ${data.nodes[node]}`);
  add(panel, "p", `${bytes(data.live[node])} in use${share(data.live[node], data.arena)}, in ${live.length} ${live.length === 1 ? "piece" : "pieces"}`);
  const table = add(panel, "table");
  for (const i of live.slice(0, MOST)) row(table, i);
  if (live.length > MOST) {
    const rest = live.slice(MOST).reduce((sum, i) => sum + data.pieces[i][3], 0);
    add(panel, "p", `and ${live.length - MOST} smaller ones, ${bytes(rest)}`);
  }
}

function show() {
  const x = (data.places[node] + data.places[node + 1]) / 2;
  for (const [key, value] of [["x1", x], ["x2", x], ["y1", top_], ["y2", top_ + height]]) cursor.setAttribute(key, value);
  for (const rect of svg.querySelectorAll("rect.this")) rect.classList.remove("this");
  const rect = svg.querySelector(`[data-id="${piece}"]`);
  if (rect) rect.classList.add("this");
  tell();
}

function go(to, on) {
  node = Math.min(data.nodes.length - 1, Math.max(0, to));
  piece = on;
  show();
}

function follow(event) {
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  const id = event.target.dataset ? event.target.dataset.id : undefined;
  if (at.x >= left && at.x <= left + width)
    go(data.places.filter(x => x <= at.x).length - 1, id === undefined ? -1 : Number(id));
}

chart.addEventListener("pointermove", event => { if (!held) follow(event); });
chart.addEventListener("click", event => {
  held = !held;
  follow(event);
});

function mark() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  svg.classList.toggle("marked", words.length > 0);
  for (const rect of svg.querySelectorAll("rect[data-id]")) {
    const [name, use] = data.pieces[rect.dataset.id], text = (name + " " + data.uses[use]).toLowerCase();
    rect.classList.toggle("hit", words.every(word => text.includes(word)));
  }
}
search.addEventListener("input", mark);

document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target === search && event.key !== "Escape") return;
  const keys = {
    ArrowLeft: () => { held = true; go(node - 1, -1); }, ArrowRight: () => { held = true; go(node + 1, -1); },
    p: () => { held = true; go(data.peak, -1); }, "/": () => search.focus(),
    Escape: () => { held = false; search.value = ""; mark(); search.blur(); },
  };
  if (!keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});

document.title = data.title + ": memory of a step";
if (data.nodes.length) show();
