// The ways of edges, as places {m, c}: m along the ranks, c across them.
const xy = place => leftToRight ? `${place.m},${place.c}` : `${place.c},${place.m}`;

// As near as an edge may come to the end of the side of a box.
const CORNER = 9;

// Where every edge part meets its items: as near as can be to where it comes from or goes to, apart from each other.
function meetings(blocks) {
  const sides = new Map();
  for (const block of blocks.values())
    for (const part of block.edges)
      for (const end of ["from", "to"]) {
        const node = part[end], at = end === "from" ? part.fromAt : part.toAt;
        if (!node.item) continue;
        const key = [node.key, at, block.scope, (end === "from") === part.down].join(" ");
        const near = part.chain[(end === "from") === part.down ? 1 : part.chain.length - 2];
        const other = near === part.from ? part.fromAt : part.toAt;
        sides.set(key, [...(sides.get(key) || []),
                        {part, end, node, at, towards: near.c + (near.dummy || near.port ? 0 : offset(near, other))}]);
      }
  for (const ends of sides.values()) {
    const {node, at} = ends[0], middle = node.c + offset(node, at);
    const size = at === GRADIENT ? sized(node.item.gradientWidth, node.item.h) : sized(node.item.width, node.item.h);
    const room = Math.max(0, size.across / 2 - CORNER), apart = Math.min(8, 2 * room / Math.max(1, ends.length - 1));
    ends.sort((a, b) => a.towards - b.towards);
    ends.forEach((end, i) => {
      end.c = Math.min(middle + room - apart * (ends.length - 1 - i), Math.max(middle - room + apart * i, end.towards));
      if (i) end.c = Math.max(end.c, ends[i - 1].c + apart);
      end.part[end.end + "Meets"] = end.c;
    });
  }
}

// How far along the ranks an item reaches from its middle.
const reach = (item, gradient) => sized(gradient ? item.gradientWidth : item.width, item.h).along / 2;

// From where an edge is laid out from to where it is laid out to; it is straight within rows and bends between them.
function route(parts) {
  const places = [];
  const push = (m, c) => {
    const last = places[places.length - 1];
    if (!last || Math.abs(last.c - c) + Math.abs(last.m - m) > 0.3) places.push({m, c});
  };
  for (const {block, edge: part} of parts) {
    const chain = part.down ? part.chain : [...part.chain].reverse();
    chain.forEach((node, i) => {
      const first = i === 0, where = first ? part.fromAt : part.toAt, below = first === part.down;
      const row = [block.at.along + node.start, block.at.along + node.end];
      if (node.dummy) {
        for (const m of part.down ? row : row.reverse()) push(m, node.c);
      } else if (node.port) {
        push(node.m, node.c);
      } else {
        // Through its own row straight. Frames are met at their ports, which the next or the last part give.
        const c = node.item ? (first ? part.fromMeets : part.toMeets) : node.c + offset(node, where);
        const half = node.item ? reach(node.item, where === GRADIENT) : node.along / 2;
        const ends = [node.m + (below ? half : -half), row[below ? 1 : 0]];
        for (const m of first ? ends : ends.reverse()) push(m, c);
      }
    });
  }
  return places;
}

function curve(places) {
  let d = "M" + xy(places[0]);
  for (let i = 1; i < places.length; i++) {
    const a = places[i - 1], b = places[i];
    if (Math.abs(a.c - b.c) < 0.3) { d += "L" + xy(b); continue; }
    const bend = (b.m - a.m) / 2;
    d += `C${xy({m: a.m + bend, c: a.c})} ${xy({m: b.m - bend, c: b.c})} ${xy(b)}`;
  }
  return d;
}

// Straight lines with round corners.
function corners(places, radius) {
  let d = "M" + xy(places[0]);
  for (let i = 1; i + 1 < places.length; i++) {
    const [before, at, next] = [places[i - 1], places[i], places[i + 1]];
    const towards = (a, b) => {
      const length = Math.hypot(b.m - a.m, b.c - a.c), t = Math.min(radius, length / 2) / (length || 1);
      return {m: a.m + (b.m - a.m) * t, c: a.c + (b.c - a.c) * t};
    };
    d += `L${xy(towards(at, before))}Q${xy(at)} ${xy(towards(at, next))}`;
  }
  return d + "L" + xy(places[places.length - 1]);
}

const placeOfItem = place => leftToRight ? {m: place.x, c: place.y} : {m: place.y, c: place.x};

// From behind the last box of a round, in a lane of its own beside everything else, to before the first box.
function loopWay(edge) {
  const side = edge.from.gradient ? -1 : 1, aside = item => side * (sized(item.width, item.h).across / 2 - CORNER);
  const from = placeOfItem(edge.from.forwardPlace), to = placeOfItem(edge.to.forwardPlace);
  if (edge.from === edge.to) {
    const half = sized(edge.from.width, edge.from.h), c = from.c + side * half.across / 2, out = c + side * (LOOP_ROOM - 4);
    const m = Math.min(7, half.along / 3);
    return corners([{m: from.m + m, c}, {m: from.m + m, c: out}, {m: from.m - m, c: out}, {m: from.m - m, c}], 6);
  }
  const block = edge.around, lane = (edge.lane + 0.5) * LOOP_ROOM;
  const c = side > 0 ? block.at.across + block.across + lane : block.at.across - lane;
  const below = from.m + reach(edge.from, false), above = to.m - reach(edge.to, false);
  return corners([{m: below, c: from.c + aside(edge.from)}, {m: below + 6, c: from.c + aside(edge.from)}, {m: below + 6, c},
                  {m: above - 9, c}, {m: above - 9, c: to.c + aside(edge.to)}, {m: above, c: to.c + aside(edge.to)}], 5);
}

// All gradients of weights: from the last gradient past the beginning of everything to the update beside it.
function bundleWay(edge) {
  const out = route(edge.parts).reverse(), into = route(edge.arrival), [last, first] = [out[out.length - 1], into[0]];
  const across = corners([last, {m: -14, c: last.c}, {m: -14, c: first.c}, first], 10);
  return [curve(out), across.replace("M", "L"), curve(into).replace("M", "L")].join("");
}
