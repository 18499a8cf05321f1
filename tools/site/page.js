// The search field: all words of it must begin words of a heading, or of its page's title. `headings` is in search.js.
"use strict";
const root = document.currentScript.dataset.root;
const field = document.getElementById("search");
const found = document.getElementById("found");
const MOST = 12;

function rank(heading, title, words) {
  const name = heading.toLowerCase(), all = " " + (heading + " " + title).toLowerCase().replace(/[^a-z0-9_]+/g, " ");
  if (!words.every(word => all.includes(" " + word) || name.includes(word))) return -1;
  return (name === words.join(" ") ? 8 : 0) + (words.every(word => name.includes(word)) ? 4 : 0) + (name.startsWith(words[0]) ? 2 : 0) + (title ? 0 : 1);
}

function search() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  found.textContent = "";
  found.hidden = !words.length;
  if (!words.length) return;
  const hits = headings.map(([where, heading, title]) => ({where, heading, title, rank: rank(heading, title, words)}))
    .filter(hit => hit.rank >= 0).sort((a, b) => b.rank - a.rank).slice(0, MOST);
  for (const hit of hits) {
    const item = document.createElement("li"), link = document.createElement("a"), page = document.createElement("small");
    link.href = root + hit.where;
    link.textContent = hit.heading;
    page.textContent = hit.title;
    link.append(page);
    item.append(link);
    found.append(item);
  }
  if (!hits.length) found.append(Object.assign(document.createElement("li"), {textContent: "No heading has these words."}));
}

field.addEventListener("input", search);
field.addEventListener("focus", search);
document.addEventListener("keydown", event => {
  const writing = event.target.matches("input:not([type=checkbox]), textarea");
  if (event.key === "/" && !writing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    field.focus();
  }
  const links = [...found.querySelectorAll("a")], at = links.indexOf(document.activeElement);
  if (found.hidden) return;
  if (event.key === "Enter" && event.target === field && links.length) links[0].click();
  if (event.key === "Escape") { found.hidden = true; field.blur(); }
  if (event.key === "ArrowDown" && links.length) { event.preventDefault(); links[Math.min(at + 1, links.length - 1)].focus(); }
  if (event.key === "ArrowUp" && links.length) { event.preventDefault(); (at > 0 ? links[at - 1] : field).focus(); }
});
document.addEventListener("click", event => { if (!event.target.closest(".search") || event.target.closest("#found a")) found.hidden = true; });

// The page that is open stands in sight among the contents.
const here = document.querySelector(".contents [aria-current]");
if (here) here.scrollIntoView({block: "nearest"});
