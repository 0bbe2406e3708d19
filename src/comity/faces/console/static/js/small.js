// Small manners of every page.

// After a form came back with faults, the summary is where the reader should be.
export function focusFirst() {
  document.querySelector("[data-focus]")?.focus();
}

// A choice that takes effect at once, where the reader picks with a pointer; with the keyboard the button does it.
export function selects() {
  for (const select of document.querySelectorAll("select[data-sends]")) {
    let keys = false;
    select.addEventListener("keydown", () => (keys = true));
    select.addEventListener("pointerdown", () => (keys = false));
    select.addEventListener("change", () => {
      if (!keys) select.form.requestSubmit();
    });
  }
}

// A menu closes with Escape and by a click elsewhere; buttons open dialogs.
export function details() {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (opener || !menu.contains(event.target)) menu.open = false;
    }
    if (opener) document.getElementById(opener.dataset.opens)?.showModal();
    if (event.target.matches("dialog.float")) event.target.close();
  });
}

// The clocks of the bar, once a minute.
export function clocks() {
  const show = () => {
    for (const time of document.querySelectorAll("time[data-zone]")) {
      time.textContent = new Intl.DateTimeFormat("en-GB", { timeZone: time.dataset.zone, hour: "2-digit", minute: "2-digit" }).format(new Date());
    }
  };
  const now = new Date();
  setTimeout(() => {
    show();
    setInterval(show, 60_000);
  }, 60_000 - (now.getSeconds() * 1000 + now.getMilliseconds()));
}

// What was asked for stands in no address, and so can't be asked for anew by going back: that leads to the empty form, not to a fault.
export function posted() {
  if (document.querySelector("[data-posted]")) history.replaceState(null, "", location.pathname);
}
