// Coming in with a passkey: the node says what the device is to sign, the device answers, the node opens a session.
// The button is hidden until a browser that can do it has shown it.
export function passkey() {
  const place = document.getElementById("passkey");
  if (!place || !window.PublicKeyCredential?.parseRequestOptionsFromJSON) return;
  const button = place.querySelector("button");
  const fault = place.querySelector("[role=alert]");
  place.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    fault.hidden = true;
    try {
      const options = await asked("/session/passkey/options", {});
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey ?? options);
      const made = await navigator.credentials.get({ publicKey });
      await asked("/session/passkey", { answer: made.toJSON() });
      location.href = place.dataset.back;
    } catch {
      fault.hidden = false;
      button.disabled = false;
    }
  });
}

async function asked(path, body) {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body), credentials: "same-origin" });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

// An invitation stands behind the # of its link: it goes into the field and out of the address bar.
export function invitation() {
  const form = document.querySelector("form[data-secret]");
  if (!form || location.hash.length < 2) return;
  form.elements.secret.value = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
}
