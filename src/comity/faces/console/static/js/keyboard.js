// Single letters outside fields; off when the reader has switched them off in the settings (WCAG 2.1.4).
import { openPalette } from "./palette.js";
import { toast } from "./toasts.js";

const typing = (target) => target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable], dialog");
const rows = () => [...document.querySelectorAll(".rows .row")].filter((row) => row.querySelector("h3 a") && row.offsetParent);

function move(step) {
  const all = rows();
  if (!all.length) return;
  const here = all.findIndex((row) => row.contains(document.activeElement) || row.getAttribute("aria-current") === "true");
  const next = all[Math.min(Math.max(here + step, 0), all.length - 1)];
  all.forEach((row) => row.removeAttribute("aria-current"));
  next.setAttribute("aria-current", "true");
  next.querySelector("h3 a").focus();
  next.scrollIntoView({ block: "nearest" });
}

function remember() {
  const row = document.activeElement?.closest?.(".row[id]");
  if (row) sessionStorage.setItem(`row ${location.pathname}`, row.id);
}

function back() {
  const kept = sessionStorage.getItem(`row ${location.pathname}`);
  if (kept && performance.getEntriesByType("navigation")[0]?.type === "back_forward") {
    document.getElementById(kept)?.querySelector("h3 a")?.focus();
  }
}

const single = {
  j: () => move(1),
  ArrowDown: () => move(1),
  k: () => move(-1),
  ArrowUp: () => move(-1),
  "/": () => openPalette(),
  "?": () => document.getElementById("keys-help")?.showModal(),
  n: () => next(),
  p: () => print(),
  l: () => navigator.clipboard?.writeText(location.href).then(() => toast("copied"), () => {}),
  u: () => document.querySelector("#toasts [data-undo]")?.click(),
};

function next() {
  const act = document.querySelector("[data-next]");
  if (!act) return;
  act.scrollIntoView({ block: "center" });
  (act.matches("a,button,input,select,textarea,summary") ? act : act.querySelector("a,button,input,select,textarea,summary") ?? act).focus();
}

export function keyboard() {
  const off = document.querySelector('meta[name="comity-keys"]')?.content === "off";
  let waiting = false;
  back();
  document.addEventListener("click", remember);
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openPalette();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const arrows = event.key.startsWith("Arrow");
    if (typing(event.target) || (off && !arrows)) return;
    if (arrows && !event.target.closest(".rows")) return;
    if (event.key === "Escape" && document.referrer.startsWith(location.origin) && document.body.dataset.up !== undefined) {
      history.back();
      return;
    }
    if (event.key === "Enter") remember();
    if (waiting) {
      waiting = false;
      const entry = document.querySelector(`.rail a[data-go="${CSS.escape(event.key)}"]`);
      if (entry) {
        event.preventDefault();
        entry.click();
      }
      return;
    }
    if (event.key === "g") {
      waiting = true;
      setTimeout(() => (waiting = false), 1500);
      return;
    }
    const pick = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (pick) {
      event.preventDefault();
      pick.click();
      pick.focus();
      return;
    }
    if (single[event.key]) {
      event.preventDefault();
      single[event.key]();
    }
  });
}
