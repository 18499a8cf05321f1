// Splits the drawing into blocks, each laid out on its own from the inside out. In every block, edges that come from
// outside enter through ports in its first row and leave through ports in its last one, so that they go around what is
// in the block as edges within it do. The update of a step is a block beside all others.
//
// Sizes and places are `along` the ranks and `across` them: down and to the right from top to bottom, to the right and
// down from left to right.
const GAP = 22, PAD = 12, BAND = 34, LANE = 10, LOOP_ROOM = 20, BESIDE = 44, UPDATES = -2;

let leftToRight = data.rankdir === "LR";
const sized = (w, h) => leftToRight ? {along: w, across: h} : {along: h, across: w};

function newBlock(scope) {
  return {scope, nodes: [], edges: [], byKey: new Map(), lanes: 0, lanesBefore: false};
}

// Nodes are {along, across} in size and `item`, `scope`, `port` or `title`.
function nodeOf(block, key, make) {
  let node = block.byKey.get(key);
  if (!node) {
    node = Object.assign({key, along: 0, across: 0, in: [], out: []}, make());
    block.byKey.set(key, node);
    block.nodes.push(node);
  }
  return node;
}

// `at` says where within a node an edge ends: at its gradients, or at a port of a frame.
function connect(block, from, to, fromAt, toAt, weight) {
  if (from === to) return null;
  for (const edge of from.out) if (edge.to === to && edge.fromAt === fromAt && edge.toAt === toAt) return edge;
  const edge = {from, to, fromAt, toAt, weight, label: ""};
  from.out.push(edge);
  to.in.push(edge);
  block.edges.push(edge);
  return edge;
}

// Forward boxes stand below each other, and so do their gradients, at one distance in the whole drawing.
function alignGradients(items) {
  let distance = 0;
  const half = (item, gradient) => (gradient ? sized(item.gradientWidth, item.h) : sized(item.width, item.h)).across / 2;
  for (const item of items)
    if (item.gradient) distance = Math.max(distance, half(item, false) + GAP + half(item, true));
  for (const item of items) {
    const forward = half(item, false), gradient = item.gradient ? half(item, true) : 0;
    const before = item.selfLoop && item.gradient ? LOOP_ROOM : 0;
    const size = sized(Math.max(item.width, item.gradientWidth), item.h);
    item.along = size.along;
    item.across = item.gradient ? before + forward + distance + gradient
                                : 2 * forward + (item.selfLoop ? LOOP_ROOM : 0);
    item.forwardAt = before + forward - item.across / 2;
    item.gradientAt = item.forwardAt + distance;
  }
}

// The block that holds an item or a frame of this parent; the update is apart.
function homeOf(blocks, parent, part) {
  return parent < 0 && part === UPDATE ? blocks.get(UPDATES) : blocks.get(parent);
}
const partOf = item => item.scope >= 0 ? (data.scopes[item.scope].update ? UPDATE : FORWARD) : data.boxes[item.box].part;

function makeBlocks(items, edges, titleSize) {
  const blocks = new Map([[-1, newBlock(-1)], [UPDATES, newBlock(UPDATES)]]), shown = new Set();
  for (const item of items) for (const s of ancestors(item.parent)) shown.add(s);
  for (const s of shown) blocks.set(s, newBlock(s));
  for (const s of shown) {
    const scope = data.scopes[s];
    nodeOf(homeOf(blocks, scope.parent, scope.update ? UPDATE : FORWARD), "c" + s, () => ({scope: s}));
    blocks.get(s).title = titleSize(s);
  }
  alignGradients(items);
  for (const item of items)
    nodeOf(homeOf(blocks, item.parent, partOf(item)), item.key, () => ({item, along: item.along, across: item.across}));
  for (const edge of edges) {
    if (edge.loop) addLoop(blocks, edge);
    else if (edge.kind !== "bundle") edge.parts = splitEdge(blocks, edge);
    else {
      edge.parts = partsFromAbove(blocks, edge.from, edge.fromGradient ? GRADIENT : FORWARD);
      edge.arrival = partsFromAbove(blocks, edge.to, FORWARD);
    }
  }
  const inward = [...[...shown].sort((a, b) => levelOf(b) - levelOf(a) || a - b), UPDATES, -1];
  for (const s of [...inward].reverse()) turnEdges(blocks.get(s));
  return {blocks, inward};
}

// Edges that close a circle are laid out turned around; they meet frames on the other side, and go on in these as they
// came.
function turnEdges(block) {
  const state = new Map();
  const visit = node => {
    state.set(node, 1);
    for (const edge of node.out) {
      if (state.get(edge.to) === 1) edge.turned = true;
      else if (!state.has(edge.to)) visit(edge.to);
    }
    state.set(node, 2);
  };
  for (const node of block.nodes) if (!node.in.length) visit(node);
  for (const node of block.nodes) if (!state.has(node)) visit(node);
  for (const edge of block.edges) {
    if (edge.from.turned || edge.to.turned) edge.turned = true;
    for (const port of edge.turned ? [edge.fromAt, edge.toAt] : [])
      if (typeof port === "object") port.turned = true, port.port = port.port === "in" ? "out" : "in";
  }
}

// A lane beside what is in the innermost block around both ends; a loop at one item is within its room.
function addLoop(blocks, edge) {
  if (edge.from === edge.to) return;
  const up = ancestors(edge.from.parent), low = ancestors(edge.to.parent);
  const around = up.find(s => low.includes(s));
  edge.around = blocks.get(around === undefined ? -1 : around);
  edge.lane = edge.around.lanes++;
  if (edge.from.gradient) edge.around.lanesBefore = true;
}

// Enters the blocks of `entries` from the outermost on; returns the innermost and the port there.
function enter(blocks, parts, start, entries, key, weight) {
  let {block, node, at} = start;
  for (const s of entries) {
    const frame = block.byKey.get("c" + s), inner = blocks.get(s);
    const port = nodeOf(inner, "in " + key, () => ({port: "in", across: LANE, block: inner}));
    parts.push({block, edge: connect(block, node, frame, at, port, weight)});
    block = inner;
    node = port;
    at = 0;
  }
  return {block, node, at};
}

// From before the first row of everything to an item: so gradients of weights leave the drawing, and enter the update.
function partsFromAbove(blocks, item, at) {
  const parts = [], block = homeOf(blocks, -1, partOf(item));
  const node = nodeOf(block, "in bundle", () => ({port: "in", across: LANE, block}));
  const last = enter(blocks, parts, {block, node, at: 0}, ancestors(item.parent).reverse(), "bundle", 3);
  parts.push({block: last.block, edge: connect(last.block, last.node, last.block.byKey.get(item.key), last.at, at, 3)});
  return parts;
}

// An edge's parts in the blocks that it passes; the one in the block around both ends has the label.
function splitEdge(blocks, edge) {
  // Gradients are laid out along the forward pass and drawn against it.
  const turned = edge.kind === "gradient";
  const from = turned ? edge.to : edge.from, to = turned ? edge.from : edge.to;
  const fromAt = (turned ? edge.toGradient : edge.fromGradient) ? GRADIENT : FORWARD;
  const toAt = (turned ? edge.fromGradient : edge.toGradient) ? GRADIENT : FORWARD;
  const up = ancestors(from.parent), low = ancestors(to.parent);
  const common = up.find(s => low.includes(s)), meet = common === undefined ? -1 : common;
  const weight = edge.shared ? 1 : edge.spine ? 24 : 3, parts = [];
  let block = homeOf(blocks, from.parent, partOf(from)), node = block.byKey.get(from.key), at = fromAt;
  for (let s = from.parent; s !== meet; s = data.scopes[s].parent) {
    const port = nodeOf(block, "out " + edge.kind + from.key, () => ({port: "out", across: LANE, block: blocks.get(s)}));
    parts.push({block, edge: connect(block, node, port, at, 0, weight)});
    block = homeOf(blocks, data.scopes[s].parent, partOf(from));
    node = block.byKey.get("c" + s);
    at = port;
  }
  const within = low.slice(0, low.indexOf(meet) < 0 ? low.length : low.indexOf(meet)).reverse();
  const outside = parts.length, last = enter(blocks, parts, {block, node, at}, within, edge.kind + from.key, weight);
  parts.push({block: last.block,
              edge: connect(last.block, last.node, last.block.byKey.get(to.key), last.at, toAt, weight)});
  const labelled = parts[outside].edge;
  if (labelled && edge.label && !labelled.label) labelled.label = edge.label;
  return parts.filter(part => part.edge);
}
