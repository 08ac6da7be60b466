// The delivery log: the chosen row, a countdown that counts, addresses without empty fields.

"use strict";

const PARTS = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];

function remaining(seconds) {
  if (seconds < 1) {
    return "any moment";
  }
  const first = PARTS.findIndex(([, size]) => seconds >= size);
  const [unit, size] = PARTS[first];
  const [finer, itsSize] = PARTS[first + 1] ?? ["", 0];
  const rest = finer ? Math.floor((seconds % size) / itsSize) : 0;
  return `in ${Math.floor(seconds / size)} ${unit}${rest ? ` ${rest} ${finer}` : ""}`;
}

function count() {
  for (const time of document.querySelectorAll("time[data-countdown]")) {
    time.textContent = remaining((new Date(time.dateTime) - Date.now()) / 1000);
  }
}

function mark(panel) {
  const link = panel.querySelector("[data-delivery]");
  for (const row of document.querySelectorAll("#list a.row")) {
    const chosen = link !== null && row.id === `r-${link.dataset.delivery}`;
    row.closest("tr").classList.toggle("chosen", chosen);
    chosen ? row.setAttribute("aria-current", "true") : row.removeAttribute("aria-current");
  }
}

document.addEventListener("formdata", (event) => {
  if (event.target.matches("[data-leave-empty-out]")) {
    for (const [name, value] of [...event.formData]) {
      if (value === "") {
        event.formData.delete(name);
      }
    }
  }
});

let asked = null; // the row that was chosen last: what it opened gets the focus, a refresh does not

document.addEventListener("htmx:before:request", (event) => {
  asked = event.target.matches?.("a.row") ? event.target : null;
});

document.addEventListener("htmx:after:swap", () => {
  count();
  const panel = document.getElementById("panel");
  if (panel && asked) {
    asked = null;
    mark(panel);
    panel.querySelector(".person")?.focus({ preventScroll: matchMedia("(min-width: 64rem)").matches });
  }
});

document.addEventListener("click", (event) => { // one open list of choices at a time
  for (const open of document.querySelectorAll("details.several[open]")) {
    if (!open.contains(event.target)) {
      open.open = false;
    }
  }
});

document.addEventListener("DOMContentLoaded", count);
setInterval(count, 1000);
