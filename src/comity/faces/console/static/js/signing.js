// A decision that counts only when it is signed: the node says what the device is to sign, and the answer goes along with the form.
for (const form of document.querySelectorAll("form[data-signs]")) {
  form.addEventListener("submit", async (event) => {
    if (form.elements.passkey.value) return;
    event.preventDefault();
    const fault = form.querySelector("[role=alert]");
    fault.hidden = true;
    try {
      const headers = { "content-type": "application/json", "x-comity-csrf": form.dataset.csrf };
      const body = JSON.stringify({ act: form.dataset.signs, thing: form.dataset.thing });
      const answer = await fetch("/passkeys/sign", { method: "POST", headers, body, credentials: "same-origin" });
      if (!answer.ok) throw new Error(String(answer.status));
      const options = await answer.json();
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey ?? options);
      const signed = JSON.stringify((await navigator.credentials.get({ publicKey })).toJSON());
      const bytes = new TextEncoder().encode(signed);
      form.elements.passkey.value = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
      form.requestSubmit();
    } catch {
      fault.hidden = false;
      fault.focus();
    }
  });
}
