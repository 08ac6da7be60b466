// What the console's pages do beyond plain HTML: copy buttons and times that stay true.
// Every page works without it.

"use strict";

const UNITS = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

function relative(moment) {
  const seconds = (Date.now() - moment) / 1000;
  const found = UNITS.find(([, size]) => Math.abs(seconds) >= size);
  if (!found) {
    return seconds >= 0 ? "just now" : "any moment";
  }
  const amount = `${Math.floor(Math.abs(seconds) / found[1])} ${found[0]}`;
  return seconds > 0 ? `${amount} ago` : `in ${amount}`;
}

const hour = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });

function told(time, moment) {
  if ("relative" in time.dataset) {
    return relative(moment);
  }
  return ("hour" in time.dataset ? hour : exact).format(moment);
}

function tellTimes(within) {
  for (const time of within.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if ("day" in time.dataset) { // days of counts are those of UTC
      time.textContent = day.format(moment);
      continue;
    }
    const utc = `${time.dateTime.slice(0, 19).replace("T", " ")} UTC`;
    const here = exact.format(moment);
    time.textContent = told(time, moment);
    time.title = time.textContent === here ? utc : `${here} (${zone})\n${utc}`;
  }
}

function offerCopying(within) {
  for (const button of within.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
  }
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const said = button.textContent;
  try {
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    button.textContent = "Copied";
  } catch { // no permission, or not a secure page: mark the text, so that it can be copied by hand
    if (source.select) {
      source.select();
    } else {
      getSelection().selectAllChildren(source);
    }
    button.textContent = "Marked: copy it";
  }
  setTimeout(() => { button.textContent = said; }, 2000);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-copy]");
  if (button) {
    copy(button);
  }
});

// a page that nobody looks at asks for no news
document.addEventListener("htmx:before:request", (event) => {
  if (document.hidden && event.target.matches?.("[data-when-seen]")) {
    event.preventDefault();
  }
});

for (const news of ["DOMContentLoaded", "htmx:after:swap"]) {
  document.addEventListener(news, () => {
    tellTimes(document);
    offerCopying(document);
  });
}
setInterval(() => tellTimes(document), 30000);
