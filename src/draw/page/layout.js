// Places items in ranks from top to bottom, block by block from the inside out. In every block, edges that come from
// outside enter through ports in its first rank and leave through ports in its last one, so that they go around what
// is in the block as edges within it do.
const GAP = 26, RANK = 40, PAD = 14, TITLE = 32, LANE = 10, LOOP_ROOM = 44;

// A block's own graph: nodes {w, h, item | scope | port | dummy} and edges {from, to, uses}.
function newBlock(scope) { return {scope, nodes: [], edges: [], byKey: new Map(), loop: 0}; }

function nodeOf(block, key, make) {
  let node = block.byKey.get(key);
  if (!node) {
    node = Object.assign({key, w: 0, h: 0, x: 0, y: 0, in: [], out: []}, make());
    block.byKey.set(key, node);
    block.nodes.push(node);
  }
  return node;
}

// `at` says where within a node the edge ends: at its gradients, which stand on the right of an item, or at a port of
// a frame.
function connect(block, from, to, fromAt, toAt, weight) {
  if (from === to) return null;
  for (const edge of from.out) if (edge.to === to && edge.fromAt === fromAt && edge.toAt === toAt) return edge;
  const edge = {from, to, fromAt, toAt, weight, points: []};
  from.out.push(edge);
  to.in.push(edge);
  block.edges.push(edge);
  return edge;
}

// ---- ranks ----

function rank(block) {
  const state = new Map(), order = [];
  const visit = node => {
    state.set(node, 1);
    for (const edge of node.out) {
      if (state.get(edge.to) === 1) edge.turned = true; // closes a circle
      else if (!state.has(edge.to)) visit(edge.to);
    }
    state.set(node, 2);
    order.unshift(node);
  };
  for (const node of [...block.nodes].reverse()) if (!state.has(node)) visit(node);
  for (const node of order) node.rank = 0;
  for (const node of order)
    for (const edge of node.out)
      if (!edge.turned) edge.to.rank = Math.max(edge.to.rank, node.rank + 1);
  // What comes from nowhere stands just above its first reader.
  for (const node of order.reverse()) {
    const readers = node.out.filter(edge => !edge.turned).map(edge => edge.to.rank);
    if (!node.in.some(edge => !edge.turned) && readers.length) node.rank = Math.min(...readers) - 1;
  }
  let first = 0, last = 0;
  for (const node of block.nodes) if (!node.port) last = Math.max(last, node.rank);
  first = Math.min(0, ...block.nodes.filter(node => !node.port).map(node => node.rank));
  for (const node of block.nodes) {
    if (node.port === "in") node.rank = first - 1;
    if (node.port === "out") node.rank = last + 1;
  }
  const least = Math.min(...block.nodes.map(node => node.rank));
  for (const node of block.nodes) node.rank -= least;
}

// Long edges pass through a dummy in every rank between.
function addDummies(block) {
  block.lines = [];
  for (const edge of block.edges) {
    let from = edge.from, to = edge.to, fromAt = edge.fromAt, toAt = edge.toAt;
    if (from.rank > to.rank) [from, to, fromAt, toAt] = [to, from, toAt, fromAt];
    edge.down = from === edge.from;
    edge.chain = [from];
    for (let r = from.rank + 1; r < to.rank; r++) {
      const dummy = {dummy: true, w: LANE, h: 0, x: 0, y: 0, rank: r, links: []};
      block.nodes.push(dummy);
      edge.chain.push(dummy);
    }
    edge.chain.push(to);
    for (let i = 0; i + 1 < edge.chain.length; i++)
      block.lines.push({up: edge.chain[i], low: edge.chain[i + 1], upAt: i ? 0 : fromAt,
                        lowAt: i + 2 < edge.chain.length ? 0 : toAt,
                        weight: (edge.chain[i].dummy && edge.chain[i + 1].dummy ? 4 : 1) * edge.weight});
  }
  for (const node of block.nodes) node.above = [], node.below = [];
  for (const line of block.lines) {
    line.up.below.push(line);
    line.low.above.push(line);
  }
}

// ---- order within ranks: the mean place of the neighbours ----

const side = at => typeof at === "number" ? at : 0;

function order(block) {
  const ranks = [];
  for (const node of block.nodes) (ranks[node.rank] = ranks[node.rank] || []).push(node);
  for (let r = 0; r < ranks.length; r++) ranks[r] = ranks[r] || [];
  ranks.forEach(row => row.forEach((node, i) => { node.place = i; }));
  for (let sweep = 0; sweep < 8; sweep++) {
    const down = sweep % 2 === 0;
    for (const row of down ? ranks : [...ranks].reverse()) {
      for (const node of row) {
        const lines = down ? node.above : node.below;
        const sum = lines.reduce((s, l) => s + (down ? l.up : l.low).place + 0.1 * side(down ? l.upAt : l.lowAt), 0);
        node.mean = lines.length ? sum / lines.length : node.place;
      }
      row.sort((a, b) => a.mean - b.mean || a.place - b.place);
      row.forEach((node, i) => { node.place = i; });
    }
  }
  return ranks;
}

// ---- coordinates ----

// The x nearest to `wish` (weighted squares) that keeps the order and the distances of a row: neighbours that would
// overlap are moved together.
function spread(row) {
  const groups = [];
  let shift = 0;
  row.forEach((node, i) => {
    if (i) shift += (row[i - 1].w + node.w) / 2 + (row[i - 1].dummy && node.dummy ? LANE : GAP);
    node.shift = shift;
    let group = {sum: node.pull * (node.wish - shift), weight: node.pull, nodes: [node]};
    while (groups.length && groups[groups.length - 1].sum / groups[groups.length - 1].weight > group.sum / group.weight) {
      const before = groups.pop();
      group = {sum: before.sum + group.sum, weight: before.weight + group.weight, nodes: [...before.nodes, ...group.nodes]};
    }
    groups.push(group);
  });
  for (const group of groups) for (const node of group.nodes) node.x = group.sum / group.weight + node.shift;
}

// Where an edge meets a node: at its middle, at its gradients' middle, or at the port of a frame.
function offset(node, at) {
  if (typeof at === "object") return at.x - at.block.w / 2 + (at.block.loopLeft ? 1 : -1) * at.block.loop / 2;
  if (!node.item || !node.item.gradient) return 0;
  return at === GRADIENT ? node.item.gradientX : node.item.forwardX;
}

function assignX(block, ranks) {
  for (const row of ranks) {
    let x = 0;
    for (const node of row) { node.x = x + node.w / 2; x += node.w + GAP; }
  }
  for (let sweep = 0; sweep < 24; sweep++) {
    const down = sweep % 2 === 0, both = sweep > 19;
    for (const row of down ? ranks : [...ranks].reverse()) {
      for (const node of row) {
        let sum = 0, weight = 0;
        const add = (line, other, mine, theirs) => {
          sum += line.weight * (other.x + offset(other, theirs) - offset(node, mine));
          weight += line.weight;
        };
        if (down || both) for (const l of node.above) add(l, l.up, l.lowAt, l.upAt);
        if (!down || both) for (const l of node.below) add(l, l.low, l.upAt, l.lowAt);
        node.wish = weight ? sum / weight : node.x;
        node.pull = weight || 0.1;
      }
      spread(row);
    }
  }
}

function assignY(block, ranks) {
  let y = 0;
  for (const row of ranks) {
    const height = Math.max(0, ...row.map(node => node.h));
    const ports = row.every(node => node.port || node.dummy);
    for (const node of row) node.y = y + (node.port === "out" ? height : node.port ? 0 : height / 2);
    for (const node of row) node.top = y, node.bottom = y + height;
    y += height + (ports ? RANK / 2 : RANK);
  }
  return y - RANK;
}

// Lays a block out; `measure` gives items their sizes.
function layoutBlock(block, minWidth) {
  if (!block.nodes.length) return {w: minWidth, h: 0};
  rank(block);
  addDummies(block);
  const ranks = order(block);
  assignX(block, ranks);
  const height = Math.max(0, assignY(block, ranks));
  let left = Infinity, right = -Infinity;
  for (const node of block.nodes) {
    left = Math.min(left, node.x - node.w / 2);
    right = Math.max(right, node.x + node.w / 2);
  }
  const room = Math.max(0, minWidth - (right - left));
  for (const node of block.nodes) node.x += room / 2 - left;
  return {w: right - left + room, h: height};
}

// ---- all blocks ----

// Within a block, forward boxes stand below each other, and so do gradients: all get slots of one width.
function alignGradients(items) {
  const slots = new Map();
  for (const item of items) {
    item.forwardX = item.gradientX = 0;
    if (!item.gradient) continue;
    const slot = slots.get(item.parent) || {forward: 0, gradient: 0};
    slot.forward = Math.max(slot.forward, item.width);
    slot.gradient = Math.max(slot.gradient, item.gradientWidth);
    slots.set(item.parent, slot);
  }
  for (const item of items) {
    if (!item.gradient) continue;
    const {forward, gradient} = slots.get(item.parent);
    item.w = forward + GAP + gradient;
    item.forwardX = forward / 2 - item.w / 2;
    item.gradientX = item.w / 2 - gradient / 2;
  }
}

// Splits every edge into its parts in the blocks that it passes, lays blocks out from the inside, and gives items,
// frames and edges their places in the drawing.
function layout(items, edges, measure, titleWidth) {
  const blocks = new Map([[-1, newBlock(-1)]]);
  const shown = new Set();
  for (const item of items) for (const s of ancestors(item.parent)) shown.add(s);
  for (const s of shown) blocks.set(s, newBlock(s));
  for (const s of shown)
    nodeOf(blocks.get(data.scopes[s].parent), "c" + s, () => ({scope: s}));
  for (const item of items) measure(item);
  alignGradients(items);
  for (const item of items)
    nodeOf(blocks.get(item.parent), item.key, () => ({item, w: Math.max(item.w, item.labelWidth), h: item.h}));
  for (const edge of edges) {
    if (edge.loop) {
      const block = blocks.get(edge.from.parent);
      block.loop = LOOP_ROOM;
      block.loopLeft = edge.from.gradient;
    }
    if (!edge.loop) edge.parts = splitEdge(blocks, edge);
  }

  // Inner blocks first; the top is last.
  const order = [...shown].sort((a, b) => levelOf(b) - levelOf(a) || a - b);
  for (const s of [...order, -1]) {
    const block = blocks.get(s);
    for (const node of block.nodes) {
      if (node.scope === undefined) continue;
      const inner = blocks.get(node.scope);
      node.w = inner.w + 2 * PAD + inner.loop;
      node.h = inner.h + 2 * PAD + TITLE;
    }
    const size = layoutBlock(block, s >= 0 ? titleWidth(s) : 0);
    block.w = size.w;
    block.h = size.h;
  }
  placeBlock(blocks, -1, 0, 0);
  return blocks;
}

function splitEdge(blocks, edge) {
  // Gradients are laid out along the forward pass and drawn against it.
  const turned = edge.backward;
  const from = turned ? edge.to : edge.from, to = turned ? edge.from : edge.to;
  const fromAt = (turned ? edge.toGradient : edge.fromGradient) ? GRADIENT : FORWARD;
  const toAt = (turned ? edge.fromGradient : edge.toGradient) ? GRADIENT : FORWARD;
  const up = ancestors(from.parent), low = ancestors(to.parent);
  const common = up.find(s => low.includes(s));
  const meet = common === undefined ? -1 : common;
  const parts = [], weight = edge.shared ? 0.1 : edge.spine ? 40 : 1, kind = edge.shared ? "w" : turned ? "g" : "f";
  let node = blocks.get(from.parent).byKey.get(from.key), at = fromAt;
  for (let s = from.parent; s !== meet; s = data.scopes[s].parent) {
    const block = blocks.get(s);
    const port = nodeOf(block, "out " + kind + from.key, () => ({port: "out", w: LANE, h: 0, block}));
    parts.push({block, edge: connect(block, node, port, at, 0, weight)});
    node = blocks.get(data.scopes[s].parent).byKey.get("c" + s);
    at = port;
  }
  const entries = low.slice(0, low.indexOf(meet) < 0 ? low.length : low.indexOf(meet)).reverse();
  let block = blocks.get(meet);
  for (const s of entries) {
    const frame = block.byKey.get("c" + s), inner = blocks.get(s);
    const port = nodeOf(inner, "in " + kind + from.key, () => ({port: "in", w: LANE, h: 0, block: inner}));
    parts.push({block, edge: connect(block, node, frame, at, port, weight)});
    block = inner;
    node = port;
    at = 0;
  }
  parts.push({block, edge: connect(block, node, block.byKey.get(to.key), at, toAt, weight)});
  return parts.filter(part => part.edge);
}

function placeBlock(blocks, s, left, top) {
  const block = blocks.get(s);
  block.left = left;
  block.top = top;
  for (const node of block.nodes) {
    node.absX = left + node.x;
    node.absY = top + node.y;
    if (node.item) node.item.x = node.absX, node.item.y = node.absY;
    if (node.scope === undefined) continue;
    const x = node.absX - node.w / 2, y = top + node.y - node.h / 2;
    const inner = blocks.get(node.scope);
    inner.frame = {x, y, w: node.w, h: node.h};
    placeBlock(blocks, node.scope, x + PAD + (inner.loopLeft ? inner.loop : 0), y + PAD + TITLE);
  }
}

// The points of an edge from top to bottom, with the ranks that it must not cut corners in.
function route(edge) {
  const points = [];
  const push = (x, y) => {
    const last = points[points.length - 1];
    if (!last || Math.abs(last[0] - x) + Math.abs(last[1] - y) > 0.5) points.push([x, y]);
  };
  for (const {block, edge: part} of edge.parts) {
    const chain = part.chain;
    chain.forEach((node, i) => {
      const x = node.absX + offset(node, i ? part.toAt : part.fromAt);
      if (node.dummy) {
        push(x, block.top + node.top);
        push(x, block.top + node.bottom);
      } else if (node.item) {
        push(x, i ? node.absY - node.h / 2 : node.absY + node.h / 2);
      } else if (node.port) {
        push(x, node.absY);
      }
      // Frames are entered and left at their ports, which the next and the last part give.
    });
  }
  return points;
}
