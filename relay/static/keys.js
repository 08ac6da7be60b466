// The keyboard: what has data-keys is pressed by them, and "?" lists what a page has.
// A key alone could meet somebody who dictates, so all of them can be switched off (WCAG 2.1.4).

"use strict";

const OFF = "relay-keys-off";
const sheet = document.getElementById("keys");
let begun = ""; // the first key of two, such as the g of "g d"
let forgets = 0;

const isOff = () => localStorage.getItem(OFF) === "1";
const isSeen = (element) => element.checkVisibility();

function pressable() {
  return [...document.querySelectorAll("[data-keys]")].filter(isSeen);
}

function press(element) {
  if (element.matches("input, select, textarea")) {
    element.focus();
    element.select?.();
  } else {
    element.click();
  }
}

function move(step) {
  const rows = [...document.querySelectorAll("a.row")].filter(isSeen);
  const at = rows.indexOf(document.activeElement);
  rows[at < 0 ? 0 : Math.min(Math.max(at + step, 0), rows.length - 1)]?.focus();
}

const OWN = { j: () => move(1), k: () => move(-1), "?": () => show() };

function take(keys) {
  const found = pressable().find((element) => element.dataset.keys === keys);
  if (found) {
    press(found);
  } else if (!(keys in OWN)) {
    return false;
  } else {
    OWN[keys]();
  }
  return true;
}

function isTyping(target) {
  return target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable], dialog");
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) {
    return;
  }
  if (isOff() && event.key !== "Escape" && event.key !== "?") {
    return;
  }
  const keys = begun ? `${begun} ${event.key}` : event.key;
  begun = "";
  clearTimeout(forgets);
  if (take(keys)) {
    event.preventDefault();
  } else if (pressable().some((element) => element.dataset.keys.startsWith(`${event.key} `))) {
    begun = event.key;
    forgets = setTimeout(() => { begun = ""; }, 1500);
  }
});

function line(keys, words) {
  const term = document.createElement("dt");
  for (const key of keys.split(" ")) {
    const cap = document.createElement("kbd");
    cap.textContent = key;
    term.append(cap, " ");
  }
  const meaning = document.createElement("dd");
  meaning.textContent = words;
  return [term, meaning];
}

function wordsOf(element) {
  return element.dataset.keysHelp ?? element.getAttribute("aria-label") ?? element.firstChild.textContent.trim();
}

function show() {
  const list = sheet.querySelector("dl");
  const told = new Map(pressable().map((element) => [element.dataset.keys, wordsOf(element)]));
  if (!told.has("j") && document.querySelector("a.row")) {
    told.set("j", "Next row").set("k", "Previous row");
  }
  list.replaceChildren(...[...told].sort().flatMap(([keys, words]) => line(keys, words)));
  sheet.querySelector("input").checked = !isOff();
  sheet.showModal();
}

sheet.querySelector("input").addEventListener("change", (event) => {
  localStorage.setItem(OFF, event.target.checked ? "0" : "1");
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-show-keys]")) {
    show();
  }
});
for (const button of document.querySelectorAll("[data-show-keys]")) {
  button.hidden = false;
}
