// Keeps lists still: news from the server's event stream greys rows in their place and counts what is new behind one button.
import { clear, toast } from "./toasts.js";

function grey() {
  for (const news of document.querySelectorAll("#fresh template[data-row]")) {
    const row = document.getElementById(news.dataset.row);
    if (!row) continue;
    const [state, said] = [...news.content.children].map((part) => part.cloneNode(true));
    row.classList.add("done");
    row.querySelector(".state")?.replaceWith(state);
    row.querySelector(".changed")?.remove();
    row.querySelector("h3")?.after(said);
  }
}

export function live() {
  document.addEventListener("click", (event) => {
    if (event.target.closest(".fresh")) location.reload();
  });
  const fresh = document.getElementById("fresh");
  if (fresh) new MutationObserver(grey).observe(fresh, { childList: true });
  let slow = 0;
  document.addEventListener("htmx:before:request", (event) => {
    if (event.target.closest?.("[data-stream]")) return;
    slow = setTimeout(() => toast("slow"), 3000);
  });
  document.addEventListener("htmx:finally:request", () => clearTimeout(slow));
  addEventListener("offline", () => toast("offline", { stay: true }));
  addEventListener("online", () => clear());
}
