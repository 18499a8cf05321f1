// Lays a block out: ranks, order within rows, places. Between the rows of two ranks lies a row for what edges carry:
// ports have row 0, rank r has row 2r + 2.

// ---- ranks ----

function rank(block) {
  const inner = block.nodes.filter(node => !node.port), number = new Map(inner.map((node, i) => [node, i + 1]));
  const first = 0, last = inner.length + 1, edges = [{a: first, b: last, len: 1, weight: 0}];
  const numberOf = node => node.port === "in" ? first : node.port === "out" ? last : number.get(node);
  for (const node of inner) {
    edges.push({a: first, b: number.get(node), len: 1, weight: 0});
    edges.push({a: number.get(node), b: last, len: 1, weight: 0});
  }
  for (const edge of block.edges) {
    const a = numberOf(edge.turned ? edge.to : edge.from), b = numberOf(edge.turned ? edge.from : edge.to);
    if (a !== first || b !== last) edges.push({a, b, len: 1, weight: edge.weight});
  }
  const x = simplex(inner.length + 2, edges);
  const least = Math.min(...inner.map(node => x[number.get(node)]));
  const most = Math.max(...inner.map(node => x[number.get(node)]));
  for (const node of inner) node.row = 2 * (x[number.get(node)] - least) + 2;
  for (const node of block.nodes)
    if (node.port) node.row = node.port === "in" ? 0 : 2 * (most - least) + 4;
  return 2 * (most - least) + 5;
}

// Edges pass through a dummy in every row between; the first holds the label.
function addDummies(block) {
  block.lines = [];
  for (const edge of block.edges) {
    const down = edge.from.row < edge.to.row, [from, to] = down ? [edge.from, edge.to] : [edge.to, edge.from];
    const [fromAt, toAt] = down ? [edge.fromAt, edge.toAt] : [edge.toAt, edge.fromAt];
    edge.down = down;
    edge.chain = [from];
    for (let row = from.row + 1; row < to.row; row++) {
      const words = edge.label && row === (down ? from.row + 1 : to.row - 1);
      const size = words ? labelSize(edge.label) : {along: 0, across: LANE};
      const gradient = edge.fromAt === GRADIENT || edge.toAt === GRADIENT;
      const dummy = Object.assign({dummy: true, row, gradient}, size);
      if (words) edge.words = dummy;
      block.nodes.push(dummy);
      edge.chain.push(dummy);
    }
    edge.chain.push(to);
    for (let i = 0; i + 1 < edge.chain.length; i++) {
      const up = edge.chain[i], low = edge.chain[i + 1];
      block.lines.push({up, low, upAt: i ? 0 : fromAt, lowAt: i + 2 < edge.chain.length ? 0 : toAt,
                        weight: edge.weight * (up.dummy ? 4 : 1) * (low.dummy ? 4 : 1)});
    }
  }
}

// A title stands before everything in the first rows; what enters goes past it.
function addTitle(block) {
  if (!block.title || leftToRight) return;
  const pieces = [0, 1, 2].map(row => ({title: true, row, along: row === 2 ? block.title.h : 0, across: block.title.w}));
  block.titleNode = pieces[2];
  block.nodes.push(...pieces);
  for (let i = 0; i < 2; i++) block.lines.push({up: pieces[i], low: pieces[i + 1], upAt: 0, lowAt: 0, weight: 1000});
}

// ---- order within rows ----

// Where the ends of a line stand in their rows; gradients stand behind their boxes.
const upPlace = line => line.up.place + (line.upAt === GRADIENT ? 0.5 : 0);
const lowPlace = line => line.low.place + (line.lowAt === GRADIENT ? 0.5 : 0);

function crossings(lines) {
  let sum = 0;
  for (let i = 0; i < lines.length; i++)
    for (let k = i + 1; k < lines.length; k++)
      if ((upPlace(lines[i]) - upPlace(lines[k])) * (lowPlace(lines[i]) - lowPlace(lines[k])) < 0) sum++;
  return sum;
}

const placeRows = rows => rows.forEach(row => row.forEach((node, i) => { node.place = i; }));

// Towards the mean place of the neighbours, row by row.
function sweep(rows, down) {
  for (const row of down ? rows : [...rows].reverse()) {
    for (const node of row) {
      const lines = down ? node.above : node.below, sum = lines.reduce((s, line) => s + (down ? upPlace : lowPlace)(line), 0);
      node.mean = node.title ? -1 : lines.length ? sum / lines.length : node.place;
    }
    row.sort((a, b) => a.mean - b.mean || a.place - b.place);
    row.forEach((node, i) => { node.place = i; });
  }
}

// How often lines of a node cross those of the one behind it.
function crossed(node, next) {
  let sum = 0;
  for (const a of node.above) for (const b of next.above) sum += upPlace(a) > upPlace(b);
  for (const a of node.below) for (const b of next.below) sum += lowPlace(a) > lowPlace(b);
  return sum;
}

// Changes places of neighbours where that leaves fewer crossings.
function exchange(rows) {
  for (let again = true, turns = 0; again && turns < 8; turns++) {
    again = false;
    for (const row of rows)
      for (let i = 0; i + 1 < row.length; i++) {
        const [a, b] = [row[i], row[i + 1]];
        if (a.title || crossed(a, b) <= crossed(b, a)) continue;
        row[i] = b, row[i + 1] = a;
        b.place = i, a.place = i + 1;
        again = true;
      }
  }
}

// From nodes as they stand, the other way around, and with what passes by on the side of its kind: the order with the
// fewest crossings.
function order(block, rowCount) {
  for (const node of block.nodes) node.above = [], node.below = [];
  for (const line of block.lines) { line.up.below.push(line); line.low.above.push(line); }
  let least = Infinity, best;
  const side = node => !node.dummy ? 0 : node.gradient ? 1 : -1;
  const apart = [...block.nodes].sort((a, b) => side(a) - side(b));
  for (const nodes of [block.nodes, [...block.nodes].reverse(), apart]) {
    const rows = Array.from({length: rowCount}, () => []);
    for (const node of nodes) rows[node.row].push(node);
    for (const row of rows) row.sort((a, b) => (b.title === true) - (a.title === true));
    placeRows(rows);
    for (let turn = 0; turn < 10 && least > 0; turn++) {
      if (turn) sweep(rows, turn % 2 === 1);
      exchange(rows);
      const now = rows.reduce((sum, row) => sum + crossings(row.flatMap(node => node.below)), 0);
      if (now < least) { least = now; best = rows.map(row => [...row]); }
    }
  }
  placeRows(best);
  return best;
}

// ---- places ----

// Where an edge meets a node, from its middle: at the forward box, its gradients, or the port of a frame.
function offset(node, at) {
  if (typeof at === "object") return at.place2 + at.block.before - node.across / 2;
  return node.item ? (at === GRADIENT ? node.item.gradientAt : node.item.forwardAt) : 0;
}

// Across the rows: lines are as straight as they can be, those that matter most first.
function placeAcross(block, rows) {
  const number = new Map(block.nodes.map((node, i) => [node, i + 1])), edges = [];
  let count = block.nodes.length + 1;
  for (const row of rows)
    row.forEach((node, i) => {
      const before = row[i - 1];
      const gap = before && before.dummy && node.dummy ? LANE : GAP;
      edges.push(before ? {a: number.get(before), b: number.get(node), weight: 0,
                           len: Math.ceil((before.across + node.across) / 2 + gap)}
                        : {a: 0, b: number.get(node), len: Math.ceil(node.across / 2), weight: 0});
    });
  for (const line of block.lines) {
    const up = Math.round(offset(line.up, line.upAt)), low = Math.round(offset(line.low, line.lowAt));
    const most = Math.max(up, low);
    edges.push({a: count, b: number.get(line.up), len: most - up, weight: line.weight});
    edges.push({a: count++, b: number.get(line.low), len: most - low, weight: line.weight});
  }
  const x = simplex(count, edges);
  let least = Infinity, most = -Infinity;
  for (const node of block.nodes) {
    node.place2 = x[number.get(node)];
    least = Math.min(least, node.place2 - node.across / 2);
    most = Math.max(most, node.place2 + node.across / 2);
  }
  for (const node of block.nodes) node.place2 -= least;
  block.across = block.nodes.length ? most - least : 0;
}

// Along the ranks: a gap is the wider, the further aside an edge goes in it.
function placeAlong(block, rows) {
  let at = 0;
  const thickness = rows.map(row => Math.max(0, ...row.map(node => node.along)));
  rows.forEach((row, i) => {
    for (const node of row) {
      node.start = at;
      node.end = at + thickness[i];
      node.middle = node.title ? at + node.along / 2 : at + thickness[i] / 2;
    }
    at += thickness[i];
    if (i + 1 === rows.length) return;
    const lines = row.flatMap(node => node.below).filter(line => !line.up.title);
    const aside = Math.max(0, ...lines.map(line =>
      Math.abs(line.up.place2 + offset(line.up, line.upAt) - line.low.place2 - offset(line.low, line.lowAt))));
    const ends = i === 0 || i + 2 === rows.length;
    const gap = ends ? 4 : i % 2 === 0 ? (thickness[i + 1] ? 3 : 8) : 12;
    at += gap + Math.min(16, aside / 12);
  });
  block.along = at;
}

function layoutBlock(block) {
  if (!block.nodes.length) {
    block.along = block.across = 0;
    return;
  }
  const count = rank(block);
  addDummies(block);
  addTitle(block);
  const rows = order(block, count);
  placeAcross(block, rows);
  placeAlong(block, rows);
}

// A frame around a block: before and behind what is in it across the ranks.
function sizeFrame(node, block) {
  const lanes = block.lanes * LOOP_ROOM;
  block.before = (leftToRight ? BAND : PAD) + (block.lanesBefore ? lanes : 0);
  node.along = Math.max(block.along, leftToRight ? block.title.w + PAD : 0);
  node.across = block.before + block.across + PAD + (block.lanesBefore ? 0 : lanes);
  block.spare = node.along - block.along;
}

function placeBlock(blocks, s, along, across) {
  const block = blocks.get(s);
  block.at = {along, across};
  for (const node of block.nodes) {
    node.m = along + node.middle;
    node.c = across + node.place2;
    if (node.item) {
      const at = c => leftToRight ? {x: node.m, y: c} : {x: c, y: node.m};
      node.item.forwardPlace = at(node.c + node.item.forwardAt);
      node.item.gradientPlace = at(node.c + node.item.gradientAt);
    }
    if (node.scope === undefined) continue;
    const inner = blocks.get(node.scope), m = node.m - node.along / 2, c = node.c - node.across / 2;
    inner.frame = leftToRight ? {x: m, y: c, w: node.along, h: node.across} : {x: c, y: m, w: node.across, h: node.along};
    placeBlock(blocks, node.scope, m, c + inner.before);
    if (inner.titleNode) inner.frame.title = {x: inner.titleNode.c - inner.titleNode.across / 2, y: inner.titleNode.m - inner.titleNode.along / 2};
    else inner.frame.title = {x: m + 4, y: c + 3};
  }
}

// Gives items, frames and edges their places in the drawing.
function layout(items, edges, titleSize) {
  const {blocks, inward} = makeBlocks(items, edges, titleSize);
  for (const s of inward) {
    const block = blocks.get(s);
    for (const node of block.nodes) if (node.scope !== undefined) sizeFrame(node, blocks.get(node.scope));
    layoutBlock(block);
  }
  placeBlock(blocks, -1, 0, 0);
  const top = blocks.get(-1);
  placeBlock(blocks, UPDATES, 0, top.across + BESIDE + (top.lanesBefore ? 0 : top.lanes * LOOP_ROOM));
  return blocks;
}
