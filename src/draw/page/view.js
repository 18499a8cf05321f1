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

function textWidth(text, size, bold) {
  canvas.font = (bold ? "600 " : "") + size + "px Helvetica, Arial, sans-serif";
  return canvas.measureText(text).width;
}

// ---- words ----

function costLine(entry, times) {
  const n = times > 1 ? times + " × " : "", words = [];
  if (entry.params > 0) words.push(n + count(entry.params) + (entry.params === 1 ? " param" : " params"));
  if (entry.flops * 1000 >= data.flops && entry.flops > 0) words.push(n + flops(entry.flops));
  if (entry.bytes > 0 && entry.bytes * 1000 >= data.bytes) words.push(n + bytes(entry.bytes));
  return words.join(" · ");
}

function wordsOf(item) {
  const entry = item.scope >= 0 ? data.scopes[item.scope] : data.boxes[item.box];
  const name = entry.name, what = item.scope >= 0 ? entry.block : entry.what;
  const times = item.scope >= 0 ? entry.times : 1;
  return {
    name, what: what + (times > 1 ? " × " + times : ""),
    second: data.seconds ? (item.seconds > 0 ? seconds(item.seconds) + share(item.seconds, data.seconds) : "")
                         : entry.shape || costLine(entry, times),
    gradient: item.gradient ? "∂ " + name : "",
    gradientSecond: data.seconds && item.gradientSeconds > 0
      ? seconds(item.gradientSeconds) + share(item.gradientSeconds, data.seconds) : "",
  };
}

function measureItem(item) {
  const w = item.words = wordsOf(item);
  const wide = w.what ? textWidth(w.name, 12, true) + 6 + textWidth(w.what, 12) : textWidth(w.name, 12, true);
  item.width = Math.max(wide, textWidth(w.second, 10), 24) + 20;
  item.h = w.second || w.gradientSecond ? 36 : 24;
  item.gradientWidth = item.gradient
    ? Math.max(textWidth(w.gradient, 12, true), textWidth(w.gradientSecond, 10)) + 20 : 0;
  item.w = item.width;
}

function frameTitle(s) {
  const scope = data.scopes[s];
  return scope.name + (scope.block ? ": " + scope.block : "") + (scope.times > 1 ? " × " + scope.times : "");
}
function frameCost(s) {
  const scope = data.scopes[s], t = scope.times;
  const words = [];
  if (scope.params > 0) words.push(count(scope.params * t) + " params" + share(scope.params * t, data.params));
  if (scope.flops > 0) words.push(flops(scope.flops * t) + share(scope.flops * t, data.flops));
  if (scope.bytes > 0) words.push(bytes(scope.bytes * t));
  if (scope.seconds > 0) words.push(seconds(scope.seconds) + share(scope.seconds, data.seconds));
  return words.join(" · ");
}
function titleWidth(s) {
  return Math.max(textWidth(frameTitle(s), 12, true), textWidth(frameCost(s), 10)) + 12;
}

// ---- shapes ----

// The outline of a box by kind, around (0, 0).
function outline(kind, w, h) {
  const l = -w / 2, r = w / 2, t = -h / 2, b = h / 2, c = 8;
  const box = `M${l},${t}H${r}V${b}H${l}Z`;
  switch (kind) {
    case "input": return `M${l},${t}H${r - c}L${r},${t + c}V${b}H${l}Z M${r - c},${t}V${t + c}H${r}`;
    case "weight": return `M${l},${t + 4}A${w / 2},4 0 0 1 ${r},${t + 4}V${b - 4}A${w / 2},4 0 0 1 ${l},${b - 4}Z`;
    case "random": return box + `M${l + c},${t}L${l},${t + c}M${r - c},${t}L${r},${t + c}M${l + c},${b}L${l},${b - c}M${r - c},${b}L${r},${b - c}`;
    case "loss": return `M${l + c},${t}H${r - c}L${r},${t + c}V${b - c}L${r - c},${b}H${l + c}L${l},${b - c}V${t + c}Z`;
    case "reduction": return `M${l},${t}H${r}L${r - c},${b}H${l + c}Z`;
    case "indexing": return `M${l + c},${t}H${r}V${b}H${l}V${t + c}Z`;
    case "update": return box + `M${l + 4},${t}V${b}M${r - 4},${t}V${b}`;
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

function drawHalf(group, kind, x, w, h, name, what, second, heat, several) {
  const part = add(group, "g", {class: "half " + kind + heat, transform: `translate(${x},0)`});
  if (several) add(part, "path", {class: "outline second", d: outline(kind, w + 5, h + 5)});
  add(part, "path", {class: "outline", d: outline(kind, w, h)});
  const text = add(part, "text", {y: second ? -3 : 4, "text-anchor": "middle"});
  add(text, "tspan", {class: "name"}, name);
  if (what) add(text, "tspan", {class: "what", dx: 5}, what);
  if (second) add(part, "text", {class: "second", y: 11, "text-anchor": "middle"}, second);
}

function drawItem(item) {
  const words = item.words, closed = item.scope >= 0;
  const kind = closed ? data.scopes[item.scope].kind : data.boxes[item.box].kind;
  const group = add(world, "g", {
    class: "item" + (closed ? " closed" : ""), transform: `translate(${item.x},${item.y})`, tabindex: 0,
    "data-path": pathOf(item), role: "button", "aria-label": pathOf(item) + (closed ? ", closed block" : ""),
  });
  group.item = item;
  drawHalf(group, kind, item.forwardX, item.width, item.h, words.name, words.what, words.second,
           heatOf(item.seconds), closed);
  if (item.gradient)
    drawHalf(group, "gradient", item.gradientX, item.gradientWidth, item.h, words.gradient, "",
             words.gradientSecond, heatOf(item.gradientSeconds || 0), false);
  if (closed) drawToggle(group, item.scope, item.forwardX - item.width / 2 + 1, -item.h / 2 - 1, "+");
  item.element = group;
}

function drawToggle(parent, scope, x, y, sign) {
  const button = add(parent, "g", {class: "toggle", transform: `translate(${x},${y})`, "data-scope": data.scopes[scope].id});
  add(button, "circle", {r: 7});
  add(button, "text", {y: 4, "text-anchor": "middle"}, sign);
  button.scope = scope;
}

function drawFrame(s, frame) {
  const group = add(world, "g", {class: "frame level" + levelOf(s) % 2, "data-path": data.scopes[s].id, tabindex: 0,
                                 role: "button", "aria-label": data.scopes[s].id + ", open block"});
  group.item = {scope: s, box: -1, key: "s" + s, frame: true};
  add(group, "rect", {x: frame.x, y: frame.y, width: frame.w, height: frame.h, rx: 9});
  add(group, "text", {class: "title", x: frame.x + 22, y: frame.y + 17}, frameTitle(s));
  add(group, "text", {class: "second", x: frame.x + 22, y: frame.y + 30}, frameCost(s));
  drawToggle(group, s, frame.x + 11, frame.y + 13, "−");
}

// ---- edges ----

// Straight along ranks, curved between them.
function curve(points) {
  let d = `M${points[0][0]},${points[0][1]}`;
  for (let i = 1; i < points.length; i++) {
    const [x0, y0] = points[i - 1], [x1, y1] = points[i];
    if (Math.abs(x0 - x1) < 0.5) d += `L${x1},${y1}`;
    else {
      const bend = Math.max(6, (y1 - y0) / 2);
      d += `C${x0},${y0 + bend} ${x1},${y1 - bend} ${x1},${y1}`;
    }
  }
  return d;
}

function labelOf(edge) {
  if (edge.shared) return "shared weights";
  return edge.labels.length ? edge.labels[0] + (edge.labels.length > 1 ? " …" : "") : "";
}

function drawEdge(edge, labelled) {
  const points = edge.loop ? loopPoints(edge) : route(edge);
  if (points.length < 2) return;
  const kind = edge.loop ? " loop" : edge.shared ? " shared" : edge.indirect ? " indirect" : "";
  const group = add(world, "g", {class: "edge" + kind + (edge.backward ? " backward" : "")});
  const path = add(group, "path", {d: edge.loop ? loopCurve(points, edge.from.gradient) : curve(points)});
  path.setAttribute(edge.backward ? "marker-start" : "marker-end", edge.backward ? "url(#gtip)" : "url(#tip)");
  add(group, "title", {}, (edge.loop ? "each round feeds the next\n" : "") + [...edge.names].join("\n"));
  edge.element = group;
  if (edge.backward || edge.loop) return;
  const label = labelOf(edge);
  const said = labelled.get(edge.from.key) || [];
  if (!label || said.includes(label)) return;
  labelled.set(edge.from.key, [...said, label]);
  const [x, y] = points[0], next = points[1];
  const middle = next[1] - y < 2 * RANK ? (y + next[1]) / 2 : y + RANK / 2;
  const aside = Math.max(-18, Math.min(18, (next[0] - x) / 4));
  add(group, "text", {class: "label", x: x + aside, y: middle + 3 + 11 * said.length, "text-anchor": "middle"}, label);
}

// On the right, or where gradients stand there, on the left.
function loopPoints(edge) {
  return [edge.from, edge.to].map(item =>
    [item.x + item.forwardX + (item.gradient ? -1 : 1) * item.width / 2, item.y]);
}

function loopCurve([[x0, y0], [x1, y1]], left) {
  const side = left ? -1 : 1;
  if (y0 === y1) {
    const out = x0 + side * 34;
    return `M${x0},${y0 + 6}C${out},${y0 + 22} ${out},${y0 - 22} ${x0},${y0 - 6}`;
  }
  const far = side * Math.max(side * x0, side * x1), out = far + side * (30 + Math.min(90, Math.abs(y0 - y1) / 9));
  return `M${x0},${y0}C${out},${y0} ${out},${y0} ${out},${(y0 + y1) / 2}C${out},${y1} ${out},${y1} ${x1},${y1}`;
}

// ---- everything ----

function drawLegend() {
  const legend = document.getElementById("legend");
  legend.replaceChildren();
  for (const kind of data.seconds ? ["0", "1", "2", "3", "4", "5"] : data.kinds) {
    const span = document.createElement("span"), svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "-11 -8 22 16");
    const part = add(svg, "g", {class: "half " + (data.seconds ? "h" + kind : kind)});
    add(part, "path", {class: "outline", d: outline(data.seconds ? "" : kind, 19, 13)});
    span.append(svg, data.seconds ? "≤ " + seconds(hottest * ((Number(kind) + 1) / 6) ** 2) : kind);
    legend.append(span);
  }
}

let drawn = {items: [], edges: []};

function draw() {
  const {items, itemOf} = visibleItems();
  const edges = visibleEdges(itemOf);
  hottest = Math.max(1e-9, ...items.flatMap(item => [item.seconds, item.gradientSeconds || 0]));
  drawLegend();
  for (const item of items) item.labelWidth = 0;
  for (const edge of edges)
    if (!edge.backward && !edge.loop)
      edge.from.labelWidth = Math.max(edge.from.labelWidth, textWidth(labelOf(edge), 10) - GAP / 2);
  const blocks = layout(items, edges, measureItem, titleWidth);
  world.replaceChildren();
  const frames = [...blocks.keys()].filter(s => s >= 0).sort((a, b) => levelOf(a) - levelOf(b) || a - b);
  for (const s of frames) drawFrame(s, blocks.get(s).frame);
  const labelled = new Map();
  for (const edge of edges) drawEdge(edge, labelled);
  for (const item of items) drawItem(item);
  for (const item of items)
    if (item.gradient)
      add(world, "path", {class: "tie", d: `M${item.x + item.forwardX + item.width / 2},${item.y}H${item.x + item.gradientX - item.gradientWidth / 2}`});
  for (const label of world.querySelectorAll(".label")) world.append(label);
  drawn = {items, edges, blocks};
}
