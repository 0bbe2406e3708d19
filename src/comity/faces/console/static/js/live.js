// Keeps lists still: news from the server's event stream greys rows in place and counts what is new behind one button.
import { clear, toast } from "./toasts.js";

export function live() {
  document.addEventListener("click", (event) => {
    if (event.target.closest(".fresh")) location.reload();
  });
  let slow = 0;
  document.addEventListener("htmx:before:request", (event) => {
    if (event.target.closest?.("[data-stream]")) return;
    slow = setTimeout(() => toast("slow", { stay: true }), 3000);
  });
  document.addEventListener("htmx:finally:request", () => {
    clearTimeout(slow);
  });
  addEventListener("offline", () => toast("offline", { stay: true }));
  addEventListener("online", () => clear());
}
