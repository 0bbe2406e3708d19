// The alert's page: what is typed stays on this device until it has left or is thrown away, and nothing is sent into a dead line.
import { leaving } from "./leaving.js";
import { focusFirst, selects } from "./small.js";

const PREFIX = "comity rescue draft ";
const skips = (field) => !field.name || ["file", "hidden", "submit"].includes(field.type);
const store = {
  get: (key) => { try { return JSON.parse(localStorage.getItem(key) ?? "null"); } catch { return null; } },
  set: (key, value) => { try { localStorage.setItem(key, JSON.stringify(value)); return true; } catch { return false; } },
  remove: (key) => { try { localStorage.removeItem(key); } catch { /* nothing was kept */ } },
};

function drafting(form) {
  const key = PREFIX + form.dataset.draft;
  const shown = document.querySelector("[data-kept]");
  const fields = [...form.elements].filter((field) => !skips(field));
  const kept = store.get(key);
  const fresh = fields.every((field) => field.type === "checkbox" || field.tagName === "SELECT" || field.value === field.defaultValue);
  if (kept && fresh && !document.querySelector("[data-focus]")) {
    for (const field of fields) {
      if (!(field.name in kept)) continue;
      if (field.type === "checkbox") field.checked = kept[field.name];
      else if (!field.value || field.tagName === "SELECT") field.value = kept[field.name];
    }
    for (const part of form.querySelectorAll("details")) {
      if ([...part.querySelectorAll("input:not([type=file]), textarea")].some((field) => field.value)) part.open = true;
    }
  }
  if (kept) shown.hidden = false;
  const keep = () => {
    const said = Object.fromEntries(fields.map((field) => [field.name, field.type === "checkbox" ? field.checked : field.value]));
    if (store.set(key, said)) shown.hidden = false;
  };
  form.addEventListener("input", keep);
  shown.querySelector("[data-discard]").addEventListener("click", () => {
    store.remove(key);
    form.reset();
    for (const field of fields) {
      if (field.tagName === "TEXTAREA" || ["text", "datetime-local"].includes(field.type)) field.value = "";
    }
    shown.hidden = true;
    fields[0]?.focus();
  });
}

function line(form) {
  const note = document.querySelector("[data-offline]");
  const show = () => (note.hidden = navigator.onLine);
  addEventListener("online", show);
  addEventListener("offline", show);
  show();
  form.addEventListener("submit", (event) => {
    if (navigator.onLine) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    delete form.dataset.ready;
    note.hidden = false;
    note.scrollIntoView({ block: "start" });
  });
}

// Looks again by itself until an officer has opened it; only that part of the page changes, and says so politely.
function looking(part) {
  const look = async () => {
    if (document.hidden || !navigator.onLine) return;
    try {
      const answer = await fetch(location.pathname, { headers: { accept: "text/html" } });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
      if (answer.ok && fresh && fresh.textContent !== part.textContent) part.replaceChildren(...fresh.childNodes);
    } catch { /* the line is dead: what is shown stays */ }
  };
  setInterval(look, Number(part.dataset.looks) * 1000);
}

const form = document.querySelector("form[data-draft]");
if (form) {
  drafting(form);
  line(form);
}
const sent = document.querySelector("[data-clears]");
if (sent) store.remove(PREFIX + sent.dataset.clears);
const part = document.querySelector("[data-looks]");
if (part) looking(part);
focusFirst();
selects();
leaving();
