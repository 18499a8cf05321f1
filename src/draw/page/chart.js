// Curves with a crosshair. A series is {name, of, y, colour, points, dashed}: `of` has a column `y` and one for the axis.
const SVG = "http://www.w3.org/2000/svg";
const charts = [];
const MANY = 200;
let axis = "step";

function make(parent, name, properties, text) {
  const element = Object.assign(document.createElement(name), properties);
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
}

function draw(parent, name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
}

const colourOf = index => `var(--s${index % 8})`;

// Four digits, and as many more as a large whole number has.
function number(value) {
  if (!Number.isFinite(value)) return "none";
  if (Number.isInteger(value) || Math.abs(value) >= 1e3) return Math.round(value).toLocaleString("en");
  return Math.abs(value) < 1e-3 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}

// Round places from low to high, on a logarithmic axis powers of ten and some between them.
function ticks(low, high, most, log, whole) {
  const places = [];
  if (log) {
    const between = high / low > 1e3 ? [1] : high / low > 8 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 8];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
      for (const factor of between) places.push(Number((factor * 10 ** power).toPrecision(3)));
    return places.filter(place => place >= low && place <= high);
  }
  const rough = (high - low) / most, power = 10 ** Math.floor(Math.log10(rough));
  const round = [1, 2, 5, 10].find(factor => factor * power >= rough) * power, step = whole ? Math.max(1, round) : round;
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high * (1 + 1e-12); k++) places.push(Number((k * step).toPrecision(12)));
  return places;
}

// The words at ticks: as decimals, or all as powers of ten.
function tickWords(places) {
  const small = places.some(place => place && Math.abs(place) < 1e-4);
  return places.map(place => place && small ? place.toExponential() : place.toLocaleString("en", {maximumFractionDigits: 12}));
}

// The index of the place next to x.
function nearest(places, x) {
  let low = 0, high = places.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle] < x) low = middle + 1; else high = middle;
  }
  return low && x - places[low - 1] < places[low] - x ? low - 1 : low;
}

// Lists may be longer than those that Math.min(...list) takes.
const lowest = list => list.reduce((a, b) => Math.min(a, b), Infinity);
const highest = list => list.reduce((a, b) => Math.max(a, b), -Infinity);

// How far apart most of the numbers are, as a ratio.
function spread(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b), at = share => sorted[Math.round(share * (sorted.length - 1))];
  return at(0.97) / at(0.03);
}

// Means of each number with its neighbours.
function smooth(numbers, reach) {
  const sums = [0];
  for (const each of numbers) sums.push(sums[sums.length - 1] + each);
  return numbers.map((_, i) => {
    const near = Math.min(reach, i, numbers.length - 1 - i);
    return (sums[i + near + 1] - sums[i - near]) / (2 * near + 1);
  });
}

// `linear`: the axis is not logarithmic by itself, however far apart the numbers are.
function chart(parent, title, series, {wide, linear} = {}) {
  series = series.filter(s => s.of[s.y].some(Number.isFinite));
  if (!series.length) return;
  const figure = make(parent, "figure", {className: wide ? "chart wide" : "chart"});
  const head = make(figure, "figcaption"), keys = make(figure, "div", {className: "keys", ariaLive: "polite"});
  make(head, "b", {}, title);
  const button = make(head, "button", {type: "button", title: "A logarithmic axis"}, "log");
  const svg = draw(figure, "svg", {tabindex: 0, role: "img", "aria-label": title + ": the arrow keys read it"});
  const values = series.flatMap(s => s.of[s.y].filter(Number.isFinite)), positive = values.filter(y => y > 0);
  const self = {log: !linear && positive.length === values.length && spread(values) > 20, show, render, at: null};
  button.hidden = !positive.length;

  function range() {
    const xs = series.flatMap(s => s.of[axis].filter((x, i) => Number.isFinite(s.of[s.y][i])));
    const ys = self.log ? positive : values, limit = list => [lowest(list), highest(list)];
    let [left, right] = limit(xs), [low, high] = limit(ys);
    // Single points stand in the middle.
    if (series.every(s => s.of[s.y].filter(Number.isFinite).length === 1)) {
      const room = right - left || Math.abs(left) || 1;
      left = Math.max(0, left - room), right += room;
    }
    if (left === right) left -= 1, right += 1;
    if (self.log) low *= 0.9, high *= 1.1;
    else {
      const room = (high - low || Math.abs(high) || 1) * 0.06;
      low = low >= 0 && low < room ? 0 : low - room, high += room;
    }
    return {left, right, low, high};
  }

  const knownOf = s => s.of[axis].filter((_, i) => Number.isFinite(s.of[s.y][i]));

  function render() {
    const width = svg.clientWidth || 400, height = svg.clientHeight || 230, {left, right, low, high} = range();
    const begin = 56, end = width - 8, bottom = height - 20, of = y => self.log ? Math.log(y) : y;
    self.x = x => begin + (end - begin) * (x - left) / (right - left);
    self.back = at => left + (right - left) * (at - begin) / (end - begin);
    self.y = y => bottom - (bottom - 8) * (of(y) - of(low)) / (of(high) - of(low));
    button.setAttribute("aria-pressed", self.log);
    svg.replaceChildren();
    const ys = ticks(low, high, height / 45, self.log), xs = ticks(left, right, width / 110, false, axis === "step");
    tickWords(ys).forEach((words, i) => {
      draw(svg, "line", {x1: begin, x2: end, y1: self.y(ys[i]), y2: self.y(ys[i])});
      draw(svg, "text", {x: begin - 6, y: self.y(ys[i]) + 4, "text-anchor": "end"}, words);
    });
    tickWords(xs).forEach((words, i) => {
      const x = self.x(xs[i]);
      draw(svg, "text", {x, y: height - 4, "text-anchor": x > end - 20 ? "end" : "middle"}, words);
    });
    self.places = [...new Set(series.flatMap(s => knownOf(s)))].sort((a, b) => a - b);
    for (const s of series) drawLine(s);
    self.mark = draw(svg, "g");
    show(self.at);
  }

  function drawPath(xs, ys, s, each) {
    const d = xs.map((x, i) => `${i ? "L" : "M"}${self.x(x).toFixed(1)},${self.y(ys[i]).toFixed(1)}`).join("");
    draw(svg, "path", {d, stroke: colourOf(s.colour), ...(each && {class: "each"}), ...(s.dashed && {"stroke-dasharray": "5 4"})});
  }

  // Many points: each of them pale, and their mean.
  function drawLine(s) {
    const kept = s.of[s.y].map((y, i) => i).filter(i => Number.isFinite(s.of[s.y][i]) && !(self.log && s.of[s.y][i] <= 0));
    const xs = kept.map(i => s.of[axis][i]), ys = kept.map(i => s.of[s.y][i]), many = !s.points && kept.length > MANY;
    drawPath(xs, ys, s, many);
    if (many) drawPath(xs, smooth(ys, Math.ceil(kept.length / MANY)), s, false);
    if (kept.length <= 40 && (s.points || kept.length === 1))
      xs.forEach((x, i) => draw(svg, "circle", {cx: self.x(x), cy: self.y(ys[i]), r: 2.6, fill: colourOf(s.colour)}));
  }

  // The values next to x; without x, the last ones. A value of another place tells its own.
  function show(x) {
    self.at = x;
    keys.replaceChildren();
    self.mark.replaceChildren();
    const rounded = place => number(Number(place.toPrecision(6)));
    const shown = rounded(x === null ? self.places[self.places.length - 1] : x);
    if (x !== null) draw(self.mark, "line", {class: "cursor", x1: self.x(x), x2: self.x(x), y1: 8, y2: svg.clientHeight - 20});
    make(keys, "span", {}, `${axis} ${shown}`);
    for (const s of series) {
      const known = knownOf(s), ys = s.of[s.y].filter(Number.isFinite), i = x === null ? ys.length - 1 : nearest(known, x);
      const key = make(keys, "span");
      make(key, "i").style.background = colourOf(s.colour);
      const own = rounded(known[i]);
      key.append(`${s.name} ${number(ys[i])}` + (own === shown ? "" : ` (${axis} ${own})`));
      if (x !== null && !(self.log && ys[i] <= 0))
        draw(self.mark, "circle", {cx: self.x(known[i]), cy: self.y(ys[i]), r: 3.5, fill: colourOf(s.colour)});
    }
  }

  const everywhere = x => { for (const other of charts) other.show(x); };
  const snap = x => self.places[nearest(self.places, x)];
  svg.addEventListener("pointermove", event => everywhere(snap(self.back(event.clientX - svg.getBoundingClientRect().x))));
  svg.addEventListener("pointerleave", () => everywhere(null));
  svg.addEventListener("blur", () => everywhere(null));
  svg.addEventListener("keydown", event => {
    const xs = self.places, i = self.at === null ? xs.length - 1 : nearest(xs, self.at), to = {
      ArrowLeft: Math.max(0, i - 1), ArrowRight: Math.min(xs.length - 1, i + 1), Home: 0, End: xs.length - 1, Escape: null}[event.key];
    if (to === undefined) return;
    event.preventDefault();
    everywhere(to === null ? null : xs[to]);
  });
  button.addEventListener("click", () => { self.log = !self.log; render(); });
  new ResizeObserver(render).observe(svg);
  charts.push(self);
  render();
}

// A choice between steps and epochs for all charts of the page.
function chooseAxis(parent) {
  const label = make(make(parent, "div", {className: "tools wide"}), "label", {}, "along"), select = make(label, "select");
  for (const name of ["step", "epoch"]) make(select, "option", {value: name}, name + "s");
  select.addEventListener("change", () => {
    axis = select.value;
    for (const each of charts) { each.at = null; each.render(); }
  });
}
