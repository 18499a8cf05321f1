// What pages of runs share: tables, their bars, and the words and curves of evaluations.
function table(parent, head, rows, numbers) {
  const made = make(make(parent, "div", {className: "scroll"}), "table"), line = make(make(made, "thead"), "tr");
  head.forEach((text, i) => make(line, "th", {scope: "col", className: i >= numbers ? "number" : ""}, text));
  const body = make(made, "tbody");
  for (const row of rows) {
    const tr = make(body, "tr");
    row.forEach((cell, i) => make(tr, "td", {className: i >= numbers ? "number" : ""}, cell));
  }
  return body;
}

function bars(body, shares) {
  const most = Math.max(...shares.filter(Number.isFinite));
  [...body.rows].forEach((tr, i) => {
    make(make(tr, "td", {className: "bar"}), "i").style.width = most > 0 && shares[i] > 0 ? 100 * shares[i] / most + "%" : 0;
  });
}

// "v0", "v1", ... are the columns of the names of evaluations and reports.
const columnsOf = lists => lists.names.map((name, i) => [name, "v" + i]);

function evaluationWords(run, step) {
  const {evaluations} = run, i = evaluations.step.indexOf(step), name = evaluations.names[0];
  return `step ${number(step)}` + (i >= 0 && name ? ` · epoch ${number(evaluations.epoch[i])} · ${name} ${number(evaluations.v0[i])}` : "");
}
