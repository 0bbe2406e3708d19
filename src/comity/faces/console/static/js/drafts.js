// What is being written is kept on this machine, in this tab's storage, until it is sent: <textarea data-keep="name">.
const key = (field) => `draft ${location.pathname} ${field.dataset.keep}`;

export function drafts() {
  for (const field of document.querySelectorAll("[data-keep]")) {
    const kept = sessionStorage.getItem(key(field));
    if (kept !== null && field.value === "") field.value = kept;
    field.addEventListener("input", () => sessionStorage.setItem(key(field), field.value));
    field.form?.addEventListener("submit", () => sessionStorage.removeItem(key(field)));
  }
}
