// Whole numbers x with x[b] - x[a] >= len for every edge {a, b, len, weight}, such that the sum of weight times
// x[b] - x[a] is least: the network simplex method of Gansner, Koutsofios, North and Vo, "A technique for drawing
// directed graphs". The edges make no circle and join all nodes. It gives ranks, and places within them.
function simplex(count, edges) {
  const x = longestWays(count, edges), tree = tightTree(count, edges, x), pull = new Float64Array(count);
  for (const edge of edges) { pull[edge.a] += edge.weight; pull[edge.b] -= edge.weight; }
  // What moving everything below a tree edge towards its other end would win is the sum of their pulls.
  for (let turns = 8 * count + 200, at = 0; turns > 0; turns--) {
    const {parent, first, last, order} = rootTree(count, edges, tree), sum = Float64Array.from(pull);
    for (const v of order) if (parent[v] >= 0) sum[otherEnd(edges[parent[v]], v)] += sum[v];
    let leaving = -1;
    for (let k = 0; k < count && leaving < 0; k++, at = (at + 1) % count) {
      const e = parent[at];
      if (e >= 0 && (edges[e].a === at ? sum[at] : -sum[at]) < -1e-9) leaving = at;
    }
    if (leaving < 0) break;
    const inside = v => first[leaving] <= last[v] && last[v] <= last[leaving];
    const up = edges[parent[leaving]].a === leaving;
    let entering = -1, slack = Infinity;
    edges.forEach((edge, i) => {
      const fits = up ? !inside(edge.a) && inside(edge.b) : inside(edge.a) && !inside(edge.b);
      const room = x[edge.b] - x[edge.a] - edge.len;
      if (fits && room < slack) slack = room, entering = i;
    });
    if (entering < 0) break; // nothing holds it: the pulls of a whole are 0
    for (let v = 0; v < count; v++) if (inside(v)) x[v] += up ? -slack : slack;
    tree.delete(parent[leaving]);
    tree.add(entering);
  }
  const least = Math.min(...x);
  return x.map(value => value - least);
}

const otherEnd = (edge, v) => edge.a === v ? edge.b : edge.a;

function longestWays(count, edges) {
  const x = new Array(count).fill(0), waiting = new Int32Array(count), out = Array.from({length: count}, () => []);
  for (const edge of edges) { waiting[edge.b]++; out[edge.a].push(edge); }
  const ready = [];
  for (let v = 0; v < count; v++) if (!waiting[v]) ready.push(v);
  for (let i = 0; i < ready.length; i++)
    for (const edge of out[ready[i]]) {
      x[edge.b] = Math.max(x[edge.b], x[edge.a] + edge.len);
      if (!--waiting[edge.b]) ready.push(edge.b);
    }
  return x;
}

function edgesAt(count, edges, chosen) {
  const at = Array.from({length: count}, () => []);
  for (const i of chosen) { at[edges[i].a].push(i); at[edges[i].b].push(i); }
  return at;
}

// Grows a tree of edges without slack from node 0; where it ends, all of it moves to the nearest node outside.
function tightTree(count, edges, x) {
  const tree = new Set(), within = new Uint8Array(count), at = edgesAt(count, edges, edges.keys());
  const slack = edge => x[edge.b] - x[edge.a] - edge.len;
  const reached = [0];
  within[0] = 1;
  for (let i = 0; reached.length < count;) {
    for (; i < reached.length; i++)
      for (const e of at[reached[i]]) {
        const other = otherEnd(edges[e], reached[i]);
        if (within[other] || slack(edges[e]) !== 0) continue;
        within[other] = 1;
        tree.add(e);
        reached.push(other);
      }
    if (reached.length === count) break;
    let nearest = null;
    for (const edge of edges)
      if (within[edge.a] !== within[edge.b] && (!nearest || slack(edge) < slack(nearest))) nearest = edge;
    const move = within[nearest.a] ? slack(nearest) : -slack(nearest);
    for (const v of reached) x[v] += move;
    i = 0;
  }
  return tree;
}

// Every node's edge towards node 0, and its number when each follows all that is below it: those below v have the
// numbers first[v] to last[v].
function rootTree(count, edges, tree) {
  const at = edgesAt(count, edges, tree), parent = new Int32Array(count).fill(-1);
  const first = new Int32Array(count), last = new Int32Array(count), next = new Int32Array(count), order = [];
  const stack = [0];
  while (stack.length) {
    const v = stack[stack.length - 1];
    if (next[v] === 0) first[v] = order.length;
    if (next[v] < at[v].length) {
      const e = at[v][next[v]++];
      if (e === parent[v]) continue;
      const other = otherEnd(edges[e], v);
      parent[other] = e;
      stack.push(other);
    } else {
      last[v] = order.length;
      order.push(v);
      stack.pop();
    }
  }
  return {parent, first, last, order};
}
