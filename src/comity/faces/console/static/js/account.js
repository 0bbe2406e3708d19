// One's own account and links that are handed over: a passkey is made by the device, and a secret goes to the clipboard.
const place = document.getElementById("enrol");
if (place && window.PublicKeyCredential?.parseCreationOptionsFromJSON) {
  const form = place.querySelector("form");
  const fault = place.querySelector("[role=alert]");
  place.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    fault.hidden = true;
    try {
      const options = await asked("/passkeys/options", {});
      const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options.publicKey ?? options);
      const made = await navigator.credentials.create({ publicKey });
      await asked("/passkeys", { name: form.elements.device.value, answer: made.toJSON() });
      location.assign("/desk/account?did=passkey_added#passkeys");
    } catch (why) {
      const said = place.querySelector(`template[data-reason="${CSS.escape(why.code ?? "")}"]`) ?? place.querySelector("template[data-reason='']");
      fault.querySelector("b").textContent = said.content.textContent;
      fault.hidden = false;
      button.disabled = false;
      fault.focus();
    }
  });
}

async function asked(path, body) {
  const headers = { "content-type": "application/json", "x-comity-csrf": place.dataset.csrf };
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body), credentials: "same-origin" });
  if (answer.ok) return answer.json();
  const problem = await answer.json().catch(() => ({}));
  const fault = new Error(String(answer.status));
  fault.code = problem.facts?.reasons?.[0]?.code ?? "";
  throw fault;
}

for (const button of document.querySelectorAll("button[data-copies]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent.trim());
    button.nextElementSibling.hidden = false;
  });
}
