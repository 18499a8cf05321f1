// Sheets of pictures: one after each evaluation, as [step, data URI]. The text in a PNG file says where its samples are.
const HIDDEN = @HIDDEN@;
const KINDS = {4: ["image", "masked", "reconstruction", "pasted"], 2: ["image", "reconstruction"]};

function placesIn(uri) {
  const at = uri.indexOf(",") + 1;
  const text = atob(uri.slice(at, at + 400)).match(/Comment\0((?:[a-z]+ \d+ )+)px/);
  return text && Object.fromEntries(text[1].trim().split(/ (?=[a-z])/).map(pair => pair.split(" ")).map(([name, n]) => [name, Number(n)]));
}

// The picture, or null where it is damaged.
function load(uri) {
  const image = new Image();
  image.src = uri;
  return image.decode().then(() => image, () => null);
}

function paint(canvas, image, places, row, column) {
  canvas.width = places.width, canvas.height = places.height;
  const context = canvas.getContext("2d", {willReadFrequently: true});
  context.drawImage(image, places.left + column * places.across, places.top + row * places.down, places.width, places.height,
                    0, 0, places.width, places.height);
  return context.getImageData(0, 0, places.width, places.height).data;
}

function choice(parent, label, names, at) {
  const select = make(make(parent, "label", {}, label), "select");
  names.forEach((name, i) => make(select, "option", {value: i, selected: i === at}, name));
  return select;
}

// A sheet with a slider over the evaluations; and one sample large, with a divider between two of its pictures.
function browse(parent, name, frames, stepWords) {
  const card = make(parent, "div", {className: "card"}), tools = make(card, "div", {className: "tools"});
  make(tools, "h3", {}, name);
  const time = make(tools, "label", {className: "time"}), last = frames.length - 1;
  const slider = make(time, "input", {type: "range", min: 0, max: last, value: last, ariaLabel: "evaluation", disabled: !last});
  const told = make(tools, "output"), look = make(card, "div", {className: "look"});
  const sheet = make(look, "img", {alt: name}), places = placesIn(frames[last][1]);
  const images = frames.map(frame => load(frame[1]));
  let repaint = () => {};
  if (places && KINDS[places.columns]) repaint = addDivider(look, sheet, places, () => images[slider.value]);

  function show() {
    const [step, uri] = frames[slider.value];
    sheet.src = uri;
    told.textContent = stepWords(step) + (last ? ` · ${Number(slider.value) + 1} of ${last + 1}` : "");
    return repaint();
  }
  slider.addEventListener("input", show);
  show();
}

function addDivider(look, sheet, places, current) {
  const kinds = KINDS[places.columns], side = make(look, "div"), tools = make(side, "div", {className: "tools"});
  const rows = Array.from({length: places.rows}, (_, i) => String(i + 1));
  const sample = choice(tools, "sample", rows, 0), a = choice(tools, "left", kinds, 0), b = choice(tools, "right", kinds, kinds.length - 1);
  const divided = make(side, "div", {className: "divided"});
  const canvases = [make(divided, "canvas"), make(divided, "canvas")];
  make(divided, "i");
  const at = make(side, "input", {type: "range", min: 0, max: 100, value: 50, ariaLabel: "divider"});
  const place = () => divided.style.setProperty("--at", at.value + "%");
  const follow = event => {
    const box = divided.getBoundingClientRect();
    at.value = 100 * (event.clientX - box.x) / box.width;
    place();
  };
  divided.addEventListener("pointerdown", event => { divided.setPointerCapture(event.pointerId); follow(event); });
  divided.addEventListener("pointermove", event => { if (event.buttons) follow(event); });
  at.addEventListener("input", place);
  place();

  async function repaint() {
    const image = await current();
    if (image) [a, b].forEach((select, i) => paint(canvases[i], image, places, Number(sample.value), Number(select.value)));
  }
  for (const select of [sample, a, b]) select.addEventListener("change", repaint);
  sheet.addEventListener("click", event => {
    const y = event.offsetY * sheet.naturalHeight / sheet.clientHeight;
    sample.value = Math.min(places.rows - 1, Math.max(0, Math.floor((y - places.top) / places.down)));
    repaint();
  });
  return repaint;
}

// What was hidden: the masked pictures of a sheet, and how often each place was hidden among them. False without masks.
async function showMasks(parent, name, uri) {
  const places = placesIn(uri);
  const image = places && places.columns === 4 ? await load(uri) : null;
  if (!image) return false;
  const card = make(parent, "div", {className: "card"});
  make(card, "h3", {}, name);
  const tiles = make(card, "div", {className: "tiles"}), pixels = places.width * places.height;
  const often = new Float32Array(pixels), tile = () => make(make(tiles, "figure"), "canvas");
  for (let row = 0; row < places.rows; row++) {
    const canvas = tile(), data = paint(canvas, image, places, row, 1);
    let hidden = 0;
    for (let p = 0; p < pixels; p++)
      if (HIDDEN.every((level, c) => data[4 * p + c] === level)) hidden++, often[p]++;
    make(canvas.parentNode, "div", {}, `${(100 * hidden / pixels).toFixed(1)} % hidden`);
  }
  const canvas = tile(), context = (canvas.width = places.width, canvas.height = places.height, canvas.getContext("2d"));
  const map = context.createImageData(places.width, places.height);
  often.forEach((n, p) => map.data.set([...HIDDEN, 255 * n / places.rows], 4 * p));
  context.putImageData(map, 0, 0);
  make(canvas.parentNode, "div", {}, "how often, of all these");
  return true;
}
