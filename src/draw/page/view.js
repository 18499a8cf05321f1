// Draws items, frames and edges as SVG.
const SVG = "http://www.w3.org/2000/svg";
const world = document.getElementById("world");
const canvas = document.createElement("canvas").getContext("2d");

function add(parent, name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
}

const FONT = getComputedStyle(document.body).fontFamily;

function textWidth(text, size, bold) {
  canvas.font = (bold ? "600 " : "") + size + "px " + FONT;
  return canvas.measureText(text).width;
}

// ---- words ----

function costLine(entry, times) {
  const n = times > 1 ? times + " × " : "", words = entry.note ? [entry.note] : [];
  if (entry.params > 0) words.push(n + count(entry.params) + (entry.params === 1 ? " param" : " params"));
  if (entry.flops * 1000 >= data.flops && entry.flops > 0) words.push(n + flops(entry.flops));
  if (entry.bytes > 0 && entry.bytes * 1000 >= data.bytes) words.push(n + bytes(entry.bytes));
  return words.join(" · ");
}

const SIGNS = ["", "+ ", "− ", "~ "];

function wordsOf(item) {
  const entry = item.scope >= 0 ? data.scopes[item.scope] : data.boxes[item.box];
  const name = entry.name, what = item.scope >= 0 ? entry.block : entry.what;
  const times = item.scope >= 0 ? entry.times : 1;
  const time = t => data.seconds ? (t > 0 ? seconds(t) + share(t, data.seconds) : "") : null;
  return {
    name: SIGNS[item.change] + name, what: what + (times > 1 ? " × " + times : "") + was(entry), settings: entry.settings || "",
    second: entry.cut ? "… " + entry.cut + " more" : time(item.seconds) ?? (entry.shape || costLine(entry, times)),
    gradient: item.gradient ? "∂ " + name : "",
    gradientSecond: item.gradient ? time(item.gradientSeconds || 0) ?? costLine({flops: item.gradientFlops}, times) : "",
  };
}

const was = scope => scope.was && scope.was !== scope.times ? ` (was × ${scope.was})` : "";

function measureItem(item) {
  const w = item.words = wordsOf(item);
  let wide = textWidth(w.name, 12, true);
  if (w.what) wide += 5 + textWidth(w.what, 12);
  if (w.settings) wide += 5 + textWidth(w.settings, 10);
  item.width = Math.max(wide, textWidth(w.second, 10), 24) + 20;
  item.h = w.second || w.gradientSecond ? 31 : 21;
  item.gradientWidth = item.gradient
    ? Math.max(textWidth(w.gradient, 12, true), textWidth(w.gradientSecond, 10)) + 20 : 0;
}

const labelSize = label => sized(textWidth(label, 10) + 6, 11);

function frameTitle(s) {
  const scope = data.scopes[s];
  return SIGNS[scope.change || SAME] + scope.name + (scope.block ? ": " + scope.block : "") +
    (scope.times > 1 ? " × " + scope.times : "") + was(scope);
}
function frameCost(s) {
  const scope = data.scopes[s], t = scope.times;
  const words = scope.note ? [scope.note] : [];
  if (scope.params > 0) words.push(count(scope.params * t) + " params" + share(scope.params * t, data.params));
  if (scope.flops > 0) words.push(flops(scope.flops * t) + share(scope.flops * t, data.flops));
  if (scope.bytes > 0) words.push(bytes(scope.bytes * t));
  if (scope.seconds > 0) words.push(seconds(scope.seconds) + share(scope.seconds, data.seconds));
  return words.join(" · ");
}
// With the button that closes the frame.
const TITLE_AT = 20;
function titleSize(s) {
  return {w: TITLE_AT + Math.max(textWidth(frameTitle(s), 12, true), textWidth(frameCost(s), 10)) + 4, h: 30};
}

// ---- shapes ----

// The outline of a box by kind, around (0, 0).
function outline(kind, w, h) {
  const l = -w / 2, r = w / 2, t = -h / 2, b = h / 2, c = Math.min(8, h / 3);
  const box = `M${l},${t}H${r}V${b}H${l}Z`;
  switch (kind) {
    case "input": return `M${l},${t}H${r - c}L${r},${t + c}V${b}H${l}Z M${r - c},${t}V${t + c}H${r}`;
    case "weight": return `M${l},${t + 4}A${w / 2},4 0 0 1 ${r},${t + 4}V${b - 4}A${w / 2},4 0 0 1 ${l},${b - 4}Z`;
    case "random": return box + `M${l + c},${t}L${l},${t + c}M${r - c},${t}L${r},${t + c}M${l + c},${b}L${l},${b - c}M${r - c},${b}L${r},${b - c}`;
    case "loss": return `M${l + c},${t}H${r - c}L${r},${t + c}V${b - c}L${r - c},${b}H${l + c}L${l},${b - c}V${t + c}Z`;
    case "reduction": return `M${l},${t}H${r}L${r - c},${b}H${l + c}Z`;
    case "indexing": return `M${l + c},${t}H${r}V${b}H${l}V${t + c}Z`;
    case "normalisation": return box + `M${l + 3},${t}V${b}M${r - 3},${t}V${b}M${l + 1.5},${t}V${b}M${r - 1.5},${t}V${b}`;
    case "update": return `M${l},${t}H${r}V${b}H${l}V${b - 4}H${l - 4}V${b - 9}H${l}V${t + 9}H${l - 4}V${t + 4}H${l}Z`;
    case "elementwise": case "gradient": {
      const q = Math.min(10, h / 2);
      return `M${l + q},${t}H${r - q}A${q},${q} 0 0 1 ${r},${t + q}V${b - q}A${q},${q} 0 0 1 ${r - q},${b}H${l + q}A${q},${q} 0 0 1 ${l},${b - q}V${t + q}A${q},${q} 0 0 1 ${l + q},${t}Z`;
    }
    default: return box;
  }
}

let hottest = 0; // of what is visible

function heatOf(time) {
  if (!data.seconds) return "";
  return " h" + Math.min(5, Math.floor(Math.sqrt(time / hottest) * 6));
}

// The share of the work of everything, all rounds counted, as a bar at the lower edge of a box.
function shareOf(item) {
  const entry = item.scope >= 0 ? data.scopes[item.scope] : data.boxes[item.box];
  const part = (entry.flops || 0) * timesOf(item.scope >= 0 ? item.scope : item.parent) / data.flops;
  const none = data.seconds || data.compared || entry.cut || partOf(item) !== FORWARD;
  return none || !(part >= 0.02) ? 0 : Math.min(1, part);
}

function drawHalf(group, kind, place, w, h, words, second, heat, several, part) {
  const half = add(group, "g", {class: "half " + kind + heat, transform: `translate(${place.x},${place.y})`});
  if (several) add(half, "path", {class: "outline second", d: outline(kind, w + 5, h + 5)});
  add(half, "path", {class: "outline", d: outline(kind, w, h)});
  const text = add(half, "text", {y: second ? (part ? -3 : -2) : 4, "text-anchor": "middle"});
  add(text, "tspan", {class: "name"}, words.name);
  if (words.what) add(text, "tspan", {class: "what", dx: 5}, words.what);
  if (words.settings) add(text, "tspan", {class: "what settings", dx: 5}, words.settings);
  if (part) {
    const room = w - 20;
    add(half, "rect", {class: "track", x: -room / 2, y: h / 2 - 4, width: room, height: 2.5});
    add(half, "rect", {class: "bar", x: -room / 2, y: h / 2 - 4, width: Math.max(1, part * room), height: 2.5});
  }
  if (second) add(half, "text", {class: "second", y: part ? 8.5 : 10, "text-anchor": "middle"}, second);
}

const changeClass = change => data.compared ? " c" + (change || SAME) : "";

function drawItem(item) {
  const words = item.words, closed = item.scope >= 0;
  const entry = closed ? data.scopes[item.scope] : data.boxes[item.box];
  const group = add(world, "g", {
    class: "item" + (closed ? " closed" : "") + (entry.aim ? " aim" : "") + changeClass(item.change), tabindex: 0,
    "data-path": pathOf(item), role: "button", "aria-label": pathOf(item) + (closed ? ", closed block" : ""),
  });
  group.item = item;
  const {x, y} = item.forwardPlace;
  if (item.gradient) {
    const g = item.gradientPlace, [from, to] = leftToRight
      ? [{x, y: y + item.h / 2}, {x: g.x, y: g.y - item.h / 2}]
      : [{x: x + item.width / 2, y}, {x: g.x - item.gradientWidth / 2, y: g.y}];
    add(group, "path", {class: "tie", d: `M${from.x},${from.y}L${to.x},${to.y}`});
  }
  drawHalf(group, entry.kind, item.forwardPlace, item.width, item.h, words, words.second, heatOf(item.seconds), closed,
           shareOf(item));
  if (item.gradient)
    drawHalf(group, "gradient", item.gradientPlace, item.gradientWidth, item.h, {name: words.gradient},
             words.gradientSecond, heatOf(item.gradientSeconds || 0), false, 0);
  if (closed) drawToggle(group, item.scope, x - item.width / 2 + 1, y - item.h / 2 - 1, "+");
  item.element = group;
}

function drawToggle(parent, scope, x, y, sign) {
  const button = add(parent, "g", {class: "toggle", transform: `translate(${x},${y})`, "data-scope": data.scopes[scope].id});
  add(button, "circle", {r: 7});
  add(button, "text", {y: 4, "text-anchor": "middle"}, sign);
  button.scope = scope;
}

function drawFrame(s, frame) {
  const group = add(world, "g", {class: "frame level" + levelOf(s) % 2 + changeClass(data.scopes[s].change), tabindex: 0,
                                 "data-path": data.scopes[s].id, role: "button", "aria-label": data.scopes[s].id + ", open block"});
  group.item = {scope: s, box: -1, key: "s" + s, frame: true};
  add(group, "rect", {x: frame.x, y: frame.y, width: frame.w, height: frame.h, rx: 9});
  const {x, y} = frame.title;
  add(group, "text", {class: "title", x: x + TITLE_AT, y: y + 12}, frameTitle(s));
  add(group, "text", {class: "second", x: x + TITLE_AT, y: y + 25}, frameCost(s));
  drawToggle(group, s, x + 9, y + 8, "−");
}

// ---- edges ----

function wayOf(edge) {
  if (edge.loop) return loopWay(edge);
  if (edge.kind === "bundle") return bundleWay(edge);
  const places = route(edge.parts);
  return places.length > 1 ? curve(places) : null;
}

function drawEdge(edge) {
  const way = wayOf(edge);
  if (!way) return;
  const classes = ["edge", edge.kind, edge.loop ? "loop" : edge.shared ? "shared" : edge.indirect ? "indirect" : ""];
  const group = add(world, "g", {class: classes.join(" ") + (data.compared && edge.change ? " c" + edge.change : "")});
  const backward = edge.kind === "gradient", coloured = edge.kind !== "forward" && edge.kind !== "saved";
  const tip = data.compared && edge.change ? "tip" + edge.change : coloured ? "gtip" : "tip";
  const path = add(group, "path", {d: way});
  path.setAttribute(backward ? "marker-start" : "marker-end", `url(#${tip})`);
  add(group, "title", {}, (edge.loop ? "each round feeds the next\n" : "") + [...edge.names].join("\n"));
  edge.element = group;
}

// What edges carry; each lies in a room of its own.
function drawLabels(blocks) {
  for (const block of blocks.values())
    for (const part of block.edges) {
      if (!part.words) continue;
      const m = block.at.along + (part.words.start + part.words.end) / 2, c = part.words.c;
      const at = leftToRight ? {x: m, y: c} : {x: c, y: m};
      const level = block.scope >= 0 ? levelOf(block.scope) % 2 : "p";
      const width = textWidth(part.label, 10) + 4;
      add(world, "rect", {class: "ground on" + level, x: at.x - width / 2, y: at.y - 5.5, width, height: 11});
      const text = add(world, "text", {class: "label", x: at.x, y: at.y + 3.5, "text-anchor": "middle"}, part.label);
      text.carrier = part;
    }
}

// ---- everything ----

// The kinds that are drawn, and what else the picture tells by colour.
function legendOf(items, frames) {
  const counts = [0, 0, 0, 0];
  for (const item of items) counts[item.change]++;
  for (const s of frames) if (data.scopes[s].change) counts[data.scopes[s].change]++;
  if (data.compared)
    return ["as before", "added", "removed", "changed"].map((word, k) => [`c${k}`, "", `${SIGNS[k]}${counts[k]} ${word}`])
      .filter((entry, k) => counts[k]);
  if (data.seconds)
    return [0, 1, 2, 3, 4, 5].map(k => ["block h" + k, "", "≤ " + seconds(hottest * ((k + 1) / 6) ** 2)]);
  const seen = new Set();
  for (const item of items) {
    seen.add(item.scope >= 0 ? data.scopes[item.scope].kind : data.boxes[item.box].kind);
    if (item.gradient) seen.add("gradient");
  }
  return data.kinds.filter(kind => seen.has(kind)).map(kind => [kind, kind, kind]);
}

function drawLegend(items, frames) {
  const legend = document.getElementById("legend");
  legend.replaceChildren();
  for (const [style, shape, words] of legendOf(items, frames)) {
    const span = document.createElement("span"), svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "-11 -8 22 16");
    const part = add(svg, "g", {class: "half " + style});
    add(part, "path", {class: "outline", d: outline(shape, 19, 13)});
    span.append(svg, words);
    legend.append(span);
  }
}

let drawn = {items: [], edges: []};

function draw() {
  const {items, itemOf} = visibleItems();
  const edges = visibleEdges(itemOf);
  hottest = Math.max(1e-9, ...items.flatMap(item => [item.seconds, item.gradientSeconds || 0]));
  items.forEach(measureItem);
  const blocks = layout(items, edges, titleSize);
  meetings(blocks);
  const frames = [...blocks.keys()].filter(s => s >= 0).sort((a, b) => levelOf(a) - levelOf(b) || a - b);
  world.replaceChildren();
  drawLegend(items, frames);
  for (const s of frames) drawFrame(s, blocks.get(s).frame);
  for (const edge of edges) drawEdge(edge);
  for (const item of items) drawItem(item);
  drawLabels(blocks);
  drawn = {items, edges, blocks};
}
