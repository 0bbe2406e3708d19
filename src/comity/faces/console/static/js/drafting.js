// What is typed into a draft is kept in this tab until the draft is on the node's desk, whatever part of the form comes anew meanwhile.
const PREFIX = "draft of a ";
const form = document.querySelector("form[data-draft]");
const cleared = document.querySelector("[data-clears]");
if (cleared) sessionStorage.removeItem(PREFIX + cleared.dataset.clears);
if (form) {
  const key = PREFIX + form.dataset.draft;
  const shown = form.querySelector("[data-kept]");
  const address = location.pathname + location.search;
  const fields = () => [...form.elements].filter((field) => field.name && !["hidden", "submit", "file"].includes(field.type));
  const put = () => {
    for (const field of fields()) {
      if (!(field.name in kept.said)) continue;
      if (field.type === "radio") field.checked = kept.said[field.name] === field.value;
      else field.value = kept.said[field.name];
    }
  };
  const read = () => { try { return JSON.parse(sessionStorage.getItem(key)); } catch { return null; } };
  let kept = read();
  if (kept && kept.address === address && !document.querySelector("[data-focus]")) {
    put();
    shown.hidden = false;
    // The routes and members belong to what was just put back: they are asked for anew, once more if the route came only then.
    let again = 1;
    document.addEventListener("htmx:after:swap", () => {
      put();
      const route = form.querySelector(`[name=route][value="${CSS.escape(kept.said.route ?? "")}"]`);
      if (again-- > 0 && route && !route.defaultChecked) route.dispatchEvent(new Event("change", { bubbles: true }));
    });
    const ask = () => form.querySelector("#f-measure").dispatchEvent(new Event("change", { bubbles: true }));
    if (document.readyState === "complete") ask();
    else addEventListener("load", ask, { once: true });
  }
  form.addEventListener("input", () => {
    const said = {};
    for (const field of fields()) if (field.type !== "radio" || field.checked) said[field.name] = field.value;
    kept = { address, said: { ...(kept?.address === address ? kept.said : {}), ...said } };
    try {
      sessionStorage.setItem(key, JSON.stringify(kept));
      shown.hidden = false;
    } catch { /* no room: nothing is kept, and nothing says so */ }
  });
  // What is said beside a field goes as soon as the list of what is missing no longer names the field.
  document.addEventListener("htmx:after:swap", () => {
    const named = new Set([...document.querySelectorAll("#findings a")].map((link) => link.hash.slice(1)));
    for (const said of form.querySelectorAll("[data-found]")) {
      said.hidden = !named.has(said.dataset.found);
      if (said.hidden) said.parentElement.classList.remove("fault");
    }
  });
  shown.querySelector("[data-discard]").addEventListener("click", () => {
    sessionStorage.removeItem(key);
    location.reload();
  });
}
