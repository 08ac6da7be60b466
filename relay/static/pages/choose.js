// Fields with data-choose offer all places of a lead, found by any of their words, by mouse, touch
// and keyboard. Without this script the browser's own list (datalist) offers the same.

"use strict";

const MOST = 60;
let field = null; // the one that is open
let list = null;
let at = -1;

function words(text) {
  return text.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean);
}

function offered(input) {
  return [...document.getElementById(input.dataset.choose).options].map((one) => one.value);
}

function found(input, said) {
  const wanted = words(said);
  const all = offered(input);
  const matching = all.filter((one) => wanted.every((word) => one.toLowerCase().includes(word)));
  const typed = said.trim();
  const free = typed && !typed.includes(":") && !all.includes(typed)
    ? [`Custom tokens: ${typed}`, `Form field: ${typed}`] : [];
  return [...matching.slice(0, MOST), ...free];
}

function row(text, said, value) {
  const option = document.createElement("li");
  option.role = "option";
  option.id = `choice-${list.children.length}`;
  option.dataset.value = value;
  option.textContent = text;
  if (said) {
    const small = document.createElement("small");
    small.textContent = ` ${said}`;
    option.append(small);
  }
  list.append(option);
}

function open(input, said) {
  close();
  field = input;
  list = document.createElement("ul");
  list.role = "listbox";
  list.id = "choices";
  list.className = "choices";
  list.ariaLabel = "Places of a lead";
  if (!said && !("needed" in input.dataset)) {
    row("By itself", input.placeholder, "");
  }
  for (const one of found(input, said)) {
    row(one, "", one);
  }
  if (list.children.length === 0) {
    close();
    return;
  }
  input.after(list);
  input.setAttribute("aria-expanded", "true");
  input.setAttribute("aria-controls", "choices");
}

function close() {
  list?.remove();
  field?.setAttribute("aria-expanded", "false");
  field?.removeAttribute("aria-activedescendant");
  [field, list, at] = [null, null, -1];
}

function mark(next) {
  const options = [...list.children];
  at = (next + options.length) % options.length;
  options.forEach((one, number) => { one.ariaSelected = String(number === at); });
  options[at].scrollIntoView({ block: "nearest" });
  field.setAttribute("aria-activedescendant", options[at].id);
}

function choose(option) {
  const input = field;
  input.value = option.dataset.value;
  close();
  input.dispatchEvent(new Event("change", { bubbles: true }));
  input.dataset.told = input.value;
}

document.addEventListener("focusin", (event) => {
  const input = event.target.closest("[data-choose]");
  if (input && input.role !== "combobox") {
    input.removeAttribute("list");
    input.role = "combobox";
    input.ariaAutoComplete = "list";
    input.setAttribute("aria-expanded", "false");
  }
});

// What was chosen has been told already: leaving the field would tell it once more.
document.addEventListener("change", (event) => {
  const input = event.target;
  if (event.isTrusted && input.matches("[data-choose]") && input.dataset.told === input.value) {
    event.stopImmediatePropagation();
  }
  delete input.dataset.told;
}, true);

document.addEventListener("click", (event) => {
  const input = event.target.closest("[data-choose]");
  if (input && field !== input) {
    input.select();
    open(input, "");
  } else if (!input) {
    close();
  }
});

document.addEventListener("mousedown", (event) => {
  const option = event.target.closest("#choices li");
  if (option) {
    event.preventDefault();
    choose(option);
  }
});

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-choose]")) {
    open(event.target, event.target.value);
  }
});

document.addEventListener("focusout", (event) => {
  if (event.target === field) {
    close();
  }
});

document.addEventListener("keydown", (event) => {
  if (!event.target.matches("[data-choose]")) {
    return;
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    if (!list) {
      open(event.target, "");
    }
    mark(at < 0 && step < 0 ? -1 : at + step);
  } else if (event.key === "Enter" && list && at >= 0) {
    event.preventDefault();
    choose(list.children[at]);
  } else if (event.key === "Escape" && list) {
    event.preventDefault();
    close();
  }
});
