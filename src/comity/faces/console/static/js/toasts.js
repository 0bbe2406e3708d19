// One toast at a time, from a <template> that the server has written in the reader's language.
const place = () => document.getElementById("toasts");

export function toast(name, { stay = false } = {}) {
  const template = document.getElementById(`toast-${name}`);
  if (!template || !place()) return null;
  place().replaceChildren(template.content.cloneNode(true));
  const shown = place().firstElementChild;
  if (!stay) setTimeout(() => shown.remove(), 6000);
  return shown;
}

export function clear() {
  place()?.replaceChildren();
}
