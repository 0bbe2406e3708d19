// Commands first, then pages, then the search for what was typed. The list is the server's; here it is narrowed and walked.
const box = () => document.getElementById("palette");

export function openPalette() {
  const dialog = box();
  if (!dialog || dialog.open) {
    document.getElementById("q")?.focus();
    return;
  }
  dialog.showModal();
  dialog.querySelector("input").select();
  narrow();
}

const options = () => [...box().querySelectorAll('[role="option"]')];
const shown = () => options().filter((option) => !option.hidden);
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

function narrow() {
  const dialog = box();
  const typed = dialog.querySelector("input").value.trim();
  const wanted = plain(typed);
  for (const option of options()) {
    if ("search" in option.dataset) {
      option.hidden = typed === "";
      option.querySelector("q").textContent = typed;
    } else {
      option.hidden = wanted !== "" && !plain(option.textContent).includes(wanted);
    }
  }
  select(shown()[0]);
}

function select(option) {
  const input = box().querySelector("input");
  options().forEach((each) => each.setAttribute("aria-selected", String(each === option)));
  if (option) {
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else {
    input.removeAttribute("aria-activedescendant");
  }
}

function take(option) {
  if (!option) return;
  const typed = box().querySelector("input").value.trim();
  if ("search" in option.dataset) {
    // In a body: what is looked for may be somebody's name.
    const form = document.getElementById("palette-search");
    form.elements.q.value = typed;
    form.submit();
    return;
  }
  location.href = option.dataset.path;
}

export function palette() {
  const dialog = box();
  if (!dialog) return;
  const input = dialog.querySelector("input");
  input.addEventListener("input", narrow);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const all = shown();
    const here = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      select(all[(here + step + all.length) % all.length]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      take(all[here]);
    }
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
    else take(event.target.closest('[role="option"]'));
  });
}
