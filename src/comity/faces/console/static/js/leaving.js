// A form with data-leaves is sent ten seconds after its button was pressed, and not at all if the reader takes it back.
// Nothing has left before: the form itself goes out only then. Without this script it goes at once.
import { clear, toast } from "./toasts.js";

const SECONDS = 10;

export function leaving() {
  for (const form of document.querySelectorAll("form[data-leaves]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.ready) return;
      event.preventDefault();
      if (form.dataset.waiting) return;
      wait(form, event.submitter);
    });
  }
}

function wait(form, button) {
  const shown = toast("leaving", { stay: true });
  const count = shown?.querySelector("[data-seconds]");
  const until = Date.now() + SECONDS * 1000;
  const warn = (event) => event.preventDefault();
  form.dataset.waiting = "yes";
  addEventListener("beforeunload", warn);
  const end = () => {
    clearInterval(ticking);
    removeEventListener("beforeunload", warn);
    delete form.dataset.waiting;
  };
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    if (count) count.textContent = String(Math.max(left, 0));
    if (left > 0) return;
    end();
    clear();
    form.dataset.ready = "yes";
    form.requestSubmit(button ?? undefined);
  };
  const ticking = setInterval(tick, 250);
  tick();
  shown?.querySelector("[data-undo]").addEventListener("click", () => {
    end();
    toast("kept");
    button?.focus();
  });
}
