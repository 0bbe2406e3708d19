// The page that checks receipts: files are read here and go nowhere. Every text on it was written by the server, in the reader's language.
import { Fault, parsePolicy, verifyReceipt } from "./receipt.js";

const root = document.querySelector("[data-check]");
const form = root.querySelector("form");
const results = root.querySelector("[data-results]");
const input = form.querySelector("input[type=file]");
const say = (name) => root.querySelector(`template[data-say="${name}"]`).innerHTML;
const plain = (name) => root.querySelector(`template[data-say="${name}"]`).content.textContent;
const starts = (raw, ...words) => words.some((word) => [...word].every((sign, at) => raw[at] === sign.charCodeAt(0)));
const isReceipt = (raw) => starts(raw, "c2sp.org/tlog-proof@v1");
const isPolicy = (raw) => starts(raw, "log ", "witness ", "group ", "quorum ", "#");

function note(name) {
  const shown = root.querySelector("template[data-note]").content.cloneNode(true);
  shown.querySelector("[data-fact=note]").textContent = plain(name);
  results.replaceChildren(shown);
}

async function policyFor(files) {
  const keys = form.elements.keys.value;
  if (keys === "none") return null;
  if (keys === "file") {
    const given = files.find((file) => isPolicy(file.raw));
    if (!given) throw new Error("no_policy");
    return parsePolicy(given.raw).catch(() => { throw new Error("policy_unread"); });
  }
  let answer;
  try {
    answer = await fetch("/desk/policy");
  } catch {
    throw new Error("no_roster");
  }
  if (!answer.ok) throw new Error("no_roster");
  return parsePolicy(new Uint8Array(await answer.arrayBuffer())).catch(() => { throw new Error("policy_unread"); });
}

const grouped = (digits) => digits.match(/.{1,4}/g).join(" ");

function filled(verdict, name, facts) {
  const shown = root.querySelector(`template[data-verdict="${verdict}"]`).content.cloneNode(true);
  const put = (fact, value) => {
    for (const place of shown.querySelectorAll(`[data-fact="${fact}"]`)) place.textContent = value;
  };
  put("name", name);
  put("keys", root.querySelector(`template[data-keys="${form.elements.keys.value}"]`).content.textContent);
  for (const [fact, value] of Object.entries(facts)) put(fact, value);
  return shown;
}

function shown(name, seen) {
  const part = filled(seen.verdict, name, {
    record: seen.record ? `${seen.record.kind} · ${seen.record.issuer} · ${seen.record.id}` : plain("unread"),
    place: `${seen.origin} · ${seen.index} / ${seen.size}`,
    root: grouped(seen.root),
    cosigners: seen.cosigners.map((each) => each.name).join(", ") || "–",
    served: seen.served === null ? "–" : new Date(seen.served * 1000).toISOString().replace(".000Z", "Z"),
    unchecked_names: seen.unchecked.join(", "),
  });
  const warned = part.querySelector('[data-fact="unchecked"]');
  if (warned) warned.hidden = !seen.unchecked.length;
  return part;
}

function refused(name, fault) {
  const part = fault instanceof Fault ? fault.part : "form";
  const words = root.querySelector(`template[data-part="${part}"]`).content.textContent;
  return filled("refused", name, { part: words, code: fault instanceof Fault ? fault.code : String(fault) });
}

async function check(files) {
  if (!files.length) return note("no_file");
  const proofs = files.filter((file) => isReceipt(file.raw));
  if (!proofs.length) return note("no_receipt");
  let policy;
  try {
    policy = await policyFor(files);
  } catch (fault) {
    return note(fault.message);
  }
  const envelope = files.find((file) => !isReceipt(file.raw) && !isPolicy(file.raw))?.raw ?? null;
  const found = [];
  for (const { name, raw } of proofs) {
    try {
      found.push(shown(name, await verifyReceipt(raw, { policy, envelope })));
    } catch (fault) {
      found.push(refused(name, fault));
    }
  }
  results.replaceChildren(...found);
}

let held = [];
async function read(list) {
  held = await Promise.all([...list].map(async (file) => ({ name: file.name, raw: new Uint8Array(await file.arrayBuffer()) })));
  await check(held);
}

form.querySelector("[data-here] span").textContent = plain("here");
form.querySelector("[data-how]").innerHTML = say("how");
form.addEventListener("submit", (event) => {
  event.preventDefault();
  check(held);
});
form.addEventListener("change", (event) => {
  if (event.target === input) read(input.files);
  else if (held.length) check(held);
});
const drop = form.querySelector("[data-drop]");
for (const kind of ["dragover", "dragleave", "drop"]) {
  root.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", kind === "dragover");
    if (kind === "drop" && event.dataTransfer.files.length) read(event.dataTransfer.files);
  });
}
if (form.dataset.ours) {
  const answer = await fetch(form.dataset.ours);
  if (answer.ok) {
    held = [{ name: form.dataset.name, raw: new Uint8Array(await answer.arrayBuffer()) }];
    await check(held);
  }
}
