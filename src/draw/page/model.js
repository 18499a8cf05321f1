// What is drawn of the graph while some blocks are open and others closed.
//
// Data: scopes {id, parent, name, block, times, ...}, boxes {id, parent, name, what, kind, part, forward, ...} and
// edges [from, to, label, count, flags, value name, change], all of the graph with every block open. Of two graphs that
// are compared, it is all that either has; `change` says what only one of them has, or both but not alike.
const data = JSON.parse(document.getElementById("data").textContent);
const LOOP = 1, SHARED = 2, INDIRECT = 4, SPINE = 8;
const FORWARD = 0, GRADIENT = 1, UPDATE = 2;
const SAME = 0, ADDED = 1, REMOVED = 2, CHANGED = 3;

const open = new Set();
data.scopes.forEach((scope, i) => { if (scope.open) open.add(i); });

// The outermost closed block around a box, or -1.
function closedAround(box) {
  let closed = -1;
  for (let s = data.boxes[box].parent; s >= 0; s = data.scopes[s].parent) if (!open.has(s)) closed = s;
  return closed;
}

// Items: a box, or a closed block, each with its gradients; they stand in an open block, or at the top (-1).
function visibleItems() {
  const items = new Map(), itemOf = [];
  data.boxes.forEach((box, i) => {
    const closed = closedAround(i), forward = box.part === GRADIENT ? box.forward : i;
    const key = closed >= 0 ? "s" + closed : "b" + forward;
    let item = items.get(key);
    if (!item) {
      const parent = closed >= 0 ? data.scopes[closed].parent : box.parent;
      const entry = closed >= 0 ? data.scopes[closed] : data.boxes[forward];
      item = {key, scope: closed, box: closed >= 0 ? -1 : forward, parent, gradient: false, seconds: 0, selfLoop: false,
              change: entry.change || SAME};
      items.set(key, item);
    }
    if (box.part === GRADIENT) {
      item.gradient = true;
      item.gradientSeconds = (item.gradientSeconds || 0) + (box.seconds || 0);
      item.gradientFlops = (item.gradientFlops || 0) + (box.flops || 0);
    } else {
      item.seconds += box.seconds || 0;
    }
    itemOf[i] = item;
  });
  return {items: [...items.values()], itemOf};
}

// What an edge is: of the forward pass, between gradients, from saved values to gradients, from gradients to the
// update, or within the update.
function kindOf(from, to) {
  if (to === UPDATE || from === UPDATE) return from === to ? "update" : "bundle";
  return to !== GRADIENT ? "forward" : from === GRADIENT ? "gradient" : "saved";
}

// Edges between items: one for each pair, kind and way, with the labels of all.
function visibleEdges(itemOf) {
  const edges = new Map();
  for (const [from, to, label, count, flags, name, change] of data.edges) {
    const a = itemOf[from], b = itemOf[to], kind = kindOf(data.boxes[from].part, data.boxes[to].part);
    const loop = (flags & LOOP) !== 0;
    if (a === b && !(loop && (a.scope < 0 || data.scopes[a.scope].times > 1))) continue;
    const key = [a.key, b.key, kind, loop, flags & SHARED].join(" ");
    let edge = edges.get(key);
    if (!edge) {
      edge = {from: a, to: b, kind, loop, shared: (flags & SHARED) !== 0, indirect: (flags & INDIRECT) !== 0, change,
              labels: [], names: new Set(), fromGradient: data.boxes[from].part === GRADIENT,
              toGradient: data.boxes[to].part === GRADIENT};
      edges.set(key, edge);
    }
    if (flags & SPINE) edge.spine = true;
    if (change !== edge.change) edge.change = SAME;
    if (loop && a === b) a.selfLoop = true;
    const words = (count > 1 ? count + " × " : "") + label;
    if (label && !edge.labels.includes(words)) edge.labels.push(words);
    edge.names.add(name);
  }
  for (const edge of edges.values())
    edge.label = edge.loop || edge.indirect || edge.kind !== "forward" ? "" : edge.shared ? "shared weights"
      : edge.labels.length ? edge.labels[0] + (edge.labels.length > 1 ? " …" : "") : "";
  return [...edges.values()];
}

function pathOf(item) { return item.scope >= 0 ? data.scopes[item.scope].id : data.boxes[item.box].id; }

function ancestors(scope) {
  const list = [];
  for (let s = scope; s >= 0; s = data.scopes[s].parent) list.push(s);
  return list;
}

// How often what is in a block, or a closed block, is done.
function timesOf(scope) { return ancestors(scope).reduce((times, s) => times * data.scopes[s].times, 1); }

function levelOf(scope) { return ancestors(scope).length; }

function toggle(scope) {
  if (!open.delete(scope)) open.add(scope);
}

// Opens or closes one level everywhere.
function changeLevel(step) {
  let deepest = 0;
  data.scopes.forEach((scope, i) => {
    if (ancestors(i).every(s => open.has(s))) deepest = Math.max(deepest, levelOf(i));
  });
  const level = Math.max(0, deepest + step);
  data.scopes.forEach((scope, i) => { if (levelOf(i) <= level) open.add(i); else open.delete(i); });
}

// Opens every block around a node or block, so that it is seen.
function reveal(entry) {
  const parent = entry.scope >= 0 ? data.scopes[entry.scope].parent : data.boxes[entry.box].parent;
  for (const s of ancestors(parent)) open.add(s);
}
