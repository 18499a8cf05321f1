// Numbers with their units, and shares.
function scaled(number, units, base) {
  let k = 0;
  while (number >= base && k + 1 < units.length) number /= base, k++;
  return (k && number < 9.95 ? number.toFixed(1) : Math.round(number)) + units[k];
}
const count = n => scaled(n, ["", "k", "M", "G", "T"], 1000);
const flops = n => scaled(n, [" ", " k", " M", " G", " T", " P"], 1000) + "FLOP";
const bytes = n => scaled(n, [" B", " KiB", " MiB", " GiB"], 1024);
const seconds = t => t < 1e-3 ? Math.round(t * 1e6) + " µs" : t < 1 ? (t * 1e3).toFixed(1) + " ms" : t.toFixed(2) + " s";

function share(part, whole) {
  if (!(part > 0 && whole > 0)) return "";
  const percent = 100 * part / whole;
  return percent < 1 ? " (<1%)" : " (" + Math.round(percent) + "%)";
}
