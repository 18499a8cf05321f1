// The report of one run: simgraph/report.h tells what data it has.
const data = JSON.parse(document.getElementById("data").textContent), run = data.runs[0];
const place = id => document.querySelector("#" + id + " .place");
const say = (id, text) => make(place(id), "p", {className: "dim wide"}, text);

// ---- summary ----

function showSummary() {
  const {names, step} = run.evaluations, count = step.length, card = make(place("summary"), "div", {className: "card"});
  make(card, "h3", {}, "Held out");
  if (names.length && count) {
    const columns = columnsOf(run.evaluations).map(([, column]) => run.evaluations[column]), last = columns.map(ys => ys[count - 1]);
    const best = columns.map((ys, i) => {
      const known = ys.filter(Number.isFinite);
      return run.highest && names[i] === run.best ? highest(known) : lowest(known);
    });
    const rows = names.map((name, i) => count > 1 ? [name, number(last[i]), number(best[i])] : [name, number(last[i])]);
    const body = table(card, count > 1 ? ["", "last", "best"] : ["", "last"], rows, 1);
    bars(body, last);
    body.rows[0].className = "first";
    make(card, "p", {className: "dim"}, names.length > 1
      ? `After step ${number(step[count - 1])}. ${names[0]} is the model's, the others are what it is held against.`
      : `After step ${number(step[count - 1])}.`);
  } else make(card, "p", {className: "dim"}, "Nothing was evaluated yet.");
  const facts = make(make(place("summary"), "div", {className: "card"}), "dl");
  for (const [name, text] of run.facts) make(facts, "dt", {}, name), make(facts, "dd", {}, text);
}

// ---- curves ----

function showCurves() {
  const {columns, evaluations, reports} = run, at = place("curves");
  const held = columnsOf(evaluations).map(([name, y], i) => ({name, of: evaluations, y, colour: i + 1, points: true, dashed: i > 0}));
  if (!columns.step.length) return say("curves", "There are no records yet.");
  chooseAxis(at);
  chart(at, "Loss", [{name: "training", of: columns, y: "loss", colour: 0}, ...held.slice(0, 1)], {wide: true});
  if (held.length > 1 && evaluations.step.length > 1) chart(at, "Held out", held);
  if (reports.names.length) chart(at, "Reported", columnsOf(reports).map(([name, y], i) => ({name, of: reports, y, colour: i})));
  for (const [y, title] of [["lr", "Learning rate"], ["gradient_norm", "Gradient norm"], ["images_per_second", "Images a second"],
                            ["waiting", "Share of the time that waits for images"]])
    if (columns[y]) chart(at, title, [{name: title.toLowerCase(), of: columns, y, colour: 0}], {linear: y === "lr"});
}

// ---- pictures ----

async function showPictures() {
  const pictures = Object.entries(run.pictures);
  let masks = 0;
  if (!pictures.length) say("pictures", "No picture was drawn: name some in the section `evaluate` of the graph file, and they are drawn after every evaluation.");
  for (const [name, frames] of pictures) browse(place("pictures"), name, frames, step => evaluationWords(run, step));
  for (const [name, frames] of pictures) masks += await showMasks(place("masks"), name, frames[frames.length - 1][1]);
  if (!masks) say("masks", "No picture shows what was hidden: give the picture a mask, as in {image: image, mask: mask, output: recon}.");
  make(place("masks"), "p", {className: "dim"}, "Over many images: ");
  make(place("masks"), "pre", {className: "command"}, run.mask_command);
}

// ---- profile ----

const MOST_SHARES = 14;

// What is not shown has the rest of the time. Less than a ten thousandth is what the numbers were rounded by.
function withOthers(shares, all) {
  const rest = all - shares.reduce((sum, each) => sum + each.seconds, 0);
  return shares.length === MOST_SHARES && rest > 1e-4 * all ? [...shares, {name: "(all others)", seconds: rest}] : shares;
}

function showProfile() {
  const profile = run.profile;
  if (!profile) {
    say("profile", "The time of single ops was not measured. This measures it, and colours the diagram by it:");
    return make(place("profile"), "pre", {className: "command wide"}, run.profile_command);
  }
  say("profile", `Mean of ${profile.steps} steps: ${seconds(profile.seconds)} a step, with ${profile.threads} ${profile.threads === 1 ? "thread" : "threads"}. Times are summed over them; GFLOP/s are those of one.`);
  const all = profile.seconds * profile.threads;
  for (const [title, list] of [["op", profile.ops], ["block", profile.blocks], ["node", profile.nodes]]) {
    const rows = withOthers(list.slice(0, MOST_SHARES), all), card = make(place("profile"), "div", {className: "card"});
    const body = table(card, [title, "a step", "share", "GFLOP/s"], rows.map(each =>
      [each.name, seconds(each.seconds), `${(100 * each.seconds / all).toFixed(1)} %`, each.flops ? number(Number((each.flops / each.seconds / 1e9).toPrecision(3))) : ""]), 1);
    bars(body, rows.map(each => each.seconds));
  }
}

// A run is known by its directory: many have one graph. "." is none to know it by.
document.title = document.getElementById("title").textContent = /^[./]*$/.test(run.name) ? run.title : run.name;
document.getElementById("doc").textContent = run.doc || "";
Object.assign(document.getElementById("state"), {textContent: run.state, className: run.state});
for (const note of run.notes) make(document.querySelector("header"), "p", {className: "dim"}, note);
showSummary();
showCurves();
showProfile();
make(place("graph"), "pre", {tabIndex: 0}, run.yaml || "There is no graph.yaml.");
make(place("repeat"), "pre", {className: "command"}, run.command);
const ready = showPictures();
