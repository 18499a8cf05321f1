// Several runs side by side: simgraph/report.h tells what data it has.
const data = JSON.parse(document.getElementById("data").textContent), runs = data.runs;
const place = id => document.querySelector("#" + id + " .place");
const say = (id, text) => make(place(id), "p", {className: "dim"}, text);
const names = lists => [...new Set(runs.flatMap(run => run[lists].names))];

function colour(parent, i) { make(parent, "i").style.background = colourOf(i); }

function showValues() {
  const body = table(make(place("values"), "div", {className: "card"}), ["", ...runs.map(run => run.name)], data.table, data.table.length);
  [...body.parentNode.tHead.rows[0].cells].slice(1).forEach((cell, i) => {
    const text = cell.textContent;
    cell.textContent = "";
    colour(cell, i);
    cell.append(text);
  });
  for (const tr of body.rows) {
    const texts = [...tr.cells].slice(1).map(cell => cell.textContent);
    if (texts.every(text => text === texts[0])) tr.className = "same";
  }
}

function showCurves() {
  const at = place("curves");
  chooseAxis(at);
  const ofAll = (lists, y, points) => runs.flatMap((run, i) => {
    const column = y(run[lists]);
    return column && run[lists][column] ? [{name: run.name, of: run[lists], y: column, colour: i, points}] : [];
  });
  chart(at, "Training loss", ofAll("columns", () => "loss"), {wide: true});
  // What no training changes needs no curve: the table tells it.
  const changes = name => runs.some(run => columnsOf(run.evaluations).some(([known, column]) =>
    known === name && new Set(run.evaluations[column]).size > 1));
  for (const name of names("evaluations").filter(changes))
    chart(at, "Held out: " + name, ofAll("evaluations", lists => (columnsOf(lists).find(([known]) => known === name) || [])[1], true));
  for (const [y, title] of [["lr", "Learning rate"], ["gradient_norm", "Gradient norm"], ["images_per_second", "Images a second"]])
    chart(at, title, ofAll("columns", () => y), {linear: y === "lr"});
  if (!charts.length) say("curves", "There are no records.");
}

function showPictures() {
  const all = [...new Set(runs.flatMap(run => Object.keys(run.pictures)))];
  if (!all.length) say("pictures", "No picture was drawn.");
  for (const name of all) {
    make(place("pictures"), "h3", {}, name);
    const sides = make(place("pictures"), "div", {className: "tiles sides"});
    runs.forEach((run, i) => {
      if (!run.pictures[name]) return;
      const [step, uri] = run.pictures[name][run.pictures[name].length - 1], figure = make(sides, "figure");
      const words = make(figure, "div");
      make(words, "b", {}, run.name).style.color = colourOf(i);
      make(figure, "div", {className: "dim"}, evaluationWords(run, step));
      make(figure, "img", {src: uri, alt: `${name} of ${run.name}`});
    });
  }
}

function showDifferences() {
  for (const pair of data.differences) {
    const card = make(place("differences"), "div", {className: "card"});
    make(card, "h3", {}, `${runs[0].name} → ${pair.name}`);
    if (pair.note) make(card, "p", {className: "dim"}, pair.note);
    for (const part of ["arguments", "nodes", "sections"]) {
      if (!pair[part] || !pair[part].length) continue;
      table(card, [part, "", ""], pair[part].map(each => [
        {changed: "~ ", added: "+ ", removed: "− ", moved: "> "}[each.change] + each.path, each.what || "",
        each.detail && each.detail.replaceAll(" -> ", " → ") || (each.to ? "is now " + each.to : [each.before, each.after].filter(text => text !== undefined).join(" → "))]), 3);
    }
    if (pair.same) make(card, "p", {className: "dim"}, "The graphs are the same.");
  }
}

document.title = runs.map(run => run.name).join(", ");
showValues();
showCurves();
showPictures();
showDifferences();
for (const run of runs) {
  make(place("settings"), "h3", {}, run.name);
  make(place("settings"), "pre", {className: "command"}, run.command);
  const details = make(place("settings"), "details");
  make(details, "summary", {}, "graph.yaml");
  make(details, "pre", {tabIndex: 0}, run.yaml || "There is none.");
}
