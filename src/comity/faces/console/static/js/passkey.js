// Coming in with a passkey, and signing with it.
// Coming in: the node says what the device is to sign, the device answers, the node opens a session.
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

// A decision that its person signs inside the record: the node says what, the device signs, and the form takes the answer along.
export function signing() {
  if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON) return;
  for (const button of document.querySelectorAll("button[data-sign]")) {
    const form = button.form;
    const fault = form.querySelector("[data-sign-fault]");
    button.hidden = false;
    button.addEventListener("click", async (event) => {
      if (form.elements.signature.value) return;
      event.preventDefault();
      button.disabled = true;
      fault.hidden = true;
      try {
        const options = await asked("/passkeys/sign", { act: button.dataset.sign, thing: button.dataset.thing });
        const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey ?? options);
        const made = await navigator.credentials.get({ publicKey });
        form.elements.signature.value = JSON.stringify(made.toJSON());
        button.disabled = false;
        form.requestSubmit(button);
      } catch {
        fault.hidden = false;
        button.disabled = false;
      }
    });
  }
}

// What changes something bears the word that this page's cookie says; another page can't read it.
function csrf() {
  const name = `comity_csrf_${location.port || "80"}`;
  const pairs = document.cookie.split("; ").map((pair) => pair.split("="));
  return pairs.find(([key]) => key === name || key === "__Host-comity_csrf")?.[1] ?? "";
}

async function asked(path, body) {
  const headers = { "content-type": "application/json" };
  const word = csrf();
  if (word) headers["x-comity-csrf"] = word;
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
