// Checks a receipt (.tlog-proof) in this browser and asks nobody: RFC 6962 inclusion, the salted commitment, the writer's Ed25519
// signature and the cosignatures, under the keys of a policy. The same parts in the same order as `comity verify`, and the same codes.
// ML-DSA-44 is not in WebCrypto: lines of that kind are named as unchecked, never counted.
const HEADER = "c2sp.org/tlog-proof@v1";
const NOTE_MAX = 128 * 1024, PROOF_MAX = 1_500_000 + NOTE_MAX, HASHES_MAX = 63, SIGNATURES_MAX = 64, POLICY_MAX = 1024 * 1024;
const ED25519 = 1, COSIGNATURE = 4, MLDSA44 = 6;
const PUBLIC_BYTES = { [ED25519]: 32, [COSIGNATURE]: 32, [MLDSA44]: 1312 };
const DASH = "\u2014 ";
const END = 1n << 63n;
const SPACE = /[\u0009-\u000d\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;
const subtle = globalThis.crypto?.subtle;

// part: form, signature, key, place, record, browser
export class Fault extends Error {
  constructor(part, code, facts = {}) {
    super(code);
    Object.assign(this, { part, code, facts });
  }
}
const form = (code, facts) => new Fault("form", code, facts);

// ---- bytes

const utf8 = (text) => new TextEncoder().encode(text);
const text = (raw, code) => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw);
  } catch {
    throw form(code);
  }
};
export const hex = (raw) => [...raw].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const same = (a, b) => a.length === b.length && a.every((byte, at) => byte === b[at]);
const joined = (...parts) => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};
function base64(said, code) {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(said)) throw form(code);
  const raw = Uint8Array.from(atob(said), (sign) => sign.charCodeAt(0));
  // The unused bits of the last sign have to be zero: one spelling each.
  const tail = said.endsWith("==") ? 15 : said.endsWith("=") ? 3 : 0;
  const last = said.replace(/=+$/, "").at(-1);
  if (tail && "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".indexOf(last) & tail) throw form(code);
  return raw;
}

function decimal(said, code) {
  if (!/^(?:0|[1-9][0-9]{0,18})$/.test(said) || BigInt(said) >= END) throw form(code);
  return BigInt(said);
}

const isName = (name) => name !== "" && !name.includes("+") && !SPACE.test(name) && ![...name].some((sign) => sign < " ");
const hasControl = (said) => [...said].some((sign) => sign < " " && sign !== "\n");

const sha256 = async (...parts) => new Uint8Array(await subtle.digest("SHA-256", joined(...parts)));
async function hmac(salt, message) {
  const key = await subtle.importKey("raw", salt, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await subtle.sign("HMAC", key, message));
}

async function ed25519(publicKey, message, signature) {
  if (signature.length !== 64) return false;
  try {
    const key = await subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
    return await subtle.verify("Ed25519", key, signature, message);
  } catch (fault) {
    if (fault.name === "NotSupportedError") throw new Fault("browser", "browser-without-ed25519");
    return false;
  }
}

// ---- the file

export function parseProof(raw) {
  if (raw.length > PROOF_MAX) throw form("proof-too-large");
  const blank = raw.findIndex((byte, at) => byte === 10 && raw[at + 1] === 10);
  if (blank < 0) throw form("proof-blank-line");
  const head = raw.subarray(0, blank);
  if (head.some((byte) => byte > 127)) throw form("proof-not-ascii");
  const lines = text(head, "proof-not-ascii").split("\n");
  if (lines.shift() !== HEADER) throw form("proof-header");
  const extra = lines[0]?.startsWith("extra ") ? base64(lines.shift().slice(6), "proof-extra") : null;
  if (!lines[0]?.startsWith("index ")) throw form("proof-index");
  const index = decimal(lines.shift().slice(6), "proof-index");
  if (lines.length > HASHES_MAX) throw form("proof-hash-count");
  const hashes = lines.map((line) => base64(line, "proof-hash"));
  if (hashes.some((each) => each.length !== 32)) throw form("proof-hash");
  const note = parseNote(raw.subarray(blank + 2));
  return { extra, index, hashes, note, checkpoint: parseCheckpoint(note.text) };
}

function parseNote(raw) {
  if (raw.length > NOTE_MAX) throw form("note-too-large");
  const whole = text(raw, "note-not-utf8");
  if (hasControl(whole)) throw form("note-control-character");
  if (!whole.endsWith("\n")) throw form("note-final-newline");
  const blank = whole.lastIndexOf("\n\n");
  if (blank < 0) throw form("note-blank-line");
  const lines = whole.slice(blank + 2).split("\n").slice(0, -1);
  if (lines.length < 1 || lines.length > SIGNATURES_MAX) throw form("signature-count");
  return { text: whole.slice(0, blank + 1), signatures: lines.map(signatureLine) };
}

function signatureLine(line) {
  const said = line.startsWith(DASH) ? line.slice(DASH.length) : line;
  const space = said.indexOf(" ");
  const name = space < 0 ? said : said.slice(0, space);
  if (!line.startsWith(DASH) || space < 0 || !isName(name)) throw form("signature-line");
  const raw = base64(said.slice(space + 1), "signature-base64");
  if (raw.length <= 4) throw form("signature-length");
  return { name, id: hex(raw.subarray(0, 4)), signature: raw.subarray(4) };
}

function parseCheckpoint(said) {
  const lines = said.split("\n");
  if (lines.length !== 4 || lines[3] !== "") throw form("checkpoint-lines");
  const size = decimal(lines[1], "checkpoint-size"), root = base64(lines[2], "checkpoint-root");
  if (lines[0] === "" || hasControl(lines[0])) throw form("checkpoint-origin");
  if (root.length !== 32) throw form("checkpoint-root");
  return { origin: lines[0], size, root };
}

// ---- whom to believe

export async function parsePolicy(raw) {
  const whole = typeof raw === "string" ? raw : text(raw, "policy-not-utf8");
  if (whole.length > POLICY_MAX) throw form("policy-too-large");
  if ([...whole].some((sign) => (sign < " " && sign !== "\t" && sign !== "\n") || sign === "\x7f")) throw form("policy-control-character");
  const lines = whole.split("\n");
  if (lines.pop() !== "") throw form("policy-final-newline");
  const policy = { logs: [], witnesses: [], groups: [], quorum: undefined, ends: new Map() };
  const defined = new Set(), grouped = new Set(), publics = new Set(), labels = new Map();
  const define = (name) => {
    if (name === "none" || defined.has(name)) throw form("policy-name-taken", { name });
    defined.add(name);
  };
  const keyed = async (said, kinds) => {
    const key = await verifierKey(said);
    if (!kinds.includes(key.kind)) throw form("policy-key-kind");
    if (publics.has(hex(key.public))) throw form("policy-key-twice");
    publics.add(hex(key.public));
    labels.set(`${key.name}+${key.id}`, key);
    return key;
  };
  for (const line of lines) {
    const words = line.split(/[ \t]+/).filter(Boolean);
    if (!words.length || (words[0].startsWith("#") && words[0] !== "#ends")) continue;
    const [verb, ...rest] = words;
    if (verb === "log" && (rest.length === 1 || rest.length === 2)) {
      policy.logs.push(await keyed(rest[0], [ED25519, MLDSA44]));
    } else if (verb === "witness" && (rest.length === 2 || rest.length === 3)) {
      define(rest[0]);
      policy.witnesses.push({ name: rest[0], key: await keyed(rest[1], [COSIGNATURE, MLDSA44]) });
    } else if (verb === "group" && rest.length >= 3) {
      const [name, said, ...members] = rest;
      for (const member of members) {
        if (!defined.has(member)) throw form("policy-name-undefined", { name: member });
        if (grouped.has(member)) throw form("policy-member-twice", { name: member });
        grouped.add(member);
      }
      define(name);
      const need = said === "all" ? members.length : said === "any" ? 1 : Number(decimal(said, "policy-group-need"));
      if (need < 1 || need > members.length) throw form("policy-group-need");
      policy.groups.push({ name, need, members });
    } else if (verb === "#ends" && rest.length === 3) {
      const [label, time, why] = rest;
      if (!labels.has(label)) throw form("policy-name-undefined", { name: label });
      const until = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/.test(time) ? Date.parse(time) : NaN;
      // 30 February and 24:00 would roll over.
      const rolled = !Number.isNaN(until) && new Date(until).toISOString().slice(0, 19) !== time.slice(0, 19);
      if (policy.ends.has(label) || !/^[a-z][a-z0-9-]{0,39}$/.test(why) || Number.isNaN(until) || rolled) throw form("policy-end");
      policy.ends.set(label, { until: BigInt(until), why });
    } else if (verb === "quorum" && rest.length === 1) {
      if (policy.quorum !== undefined) throw form("policy-quorum-twice");
      if (rest[0] !== "none" && !defined.has(rest[0])) throw form("policy-name-undefined", { name: rest[0] });
      policy.quorum = rest[0];
    } else {
      throw form("policy-line", { word: verb });
    }
  }
  if (policy.quorum === undefined) throw form("policy-quorum-missing");
  return policy;
}

async function verifierKey(said) {
  const first = said.indexOf("+"), second = said.indexOf("+", first + 1);
  if (first < 0 || second < 0) throw form("key-shape");
  const name = said.slice(0, first), id = said.slice(first + 1, second);
  const raw = base64(said.slice(second + 1), "key-base64");
  if (!raw.length) throw form("key-length");
  const kind = raw[0], key = raw.slice(1);
  if (!isName(name)) throw form("key-name");
  if (!(kind in PUBLIC_BYTES)) throw form("key-kind");
  if (key.length !== PUBLIC_BYTES[kind]) throw form("key-length");
  const computed = hex((await sha256(utf8(`${name}\n`), raw)).subarray(0, 4));
  if (computed !== id) throw form("key-id", { name });
  return { name, id, kind, public: key };
}

const label = (key) => `${key.name}+${key.id}`;

function accepts(policy, origin, good) {
  const signed = new Set([...good.keys()].map(label));
  if (!policy.logs.some((key) => signed.has(label(key)) && key.name === origin)) return false;
  if (policy.quorum === "none") return true;
  const stand = new Set(policy.witnesses.filter((each) => signed.has(label(each.key))).map((each) => each.name));
  for (const group of policy.groups) {
    if (group.members.filter((member) => stand.has(member)).length >= group.need) stand.add(group.name);
  }
  return stand.has(policy.quorum);
}

// ---- signatures

// key -> POSIX seconds or null; keys of a kind that no browser checks stand in `unchecked` with what they say
async function openNote(note, policy, checkpoint) {
  const known = new Map();
  for (const key of [...policy.logs, ...policy.witnesses.map((each) => each.key)]) {
    const other = known.get(label(key));
    if (other && !(other.kind === key.kind && same(other.public, key.public))) throw new Fault("key", "key-ambiguous");
    known.set(label(key), key);
  }
  const good = new Map(), unchecked = new Map();
  for (const line of note.signatures) {
    const key = known.get(`${line.name}+${line.id}`);
    if (!key) continue;
    let time = null;
    if (key.kind === ED25519) {
      if (!(await ed25519(key.public, utf8(note.text), line.signature))) throw new Fault("signature", "signature-fails", { name: key.name });
    } else {
      const split = splitTime(line.signature, key);
      time = split.time;
      if (key.kind === MLDSA44) {
        if (utf8(key.name).length > 255 || utf8(checkpoint.origin).length > 255) throw new Fault("signature", "cosigned-name-length");
        unchecked.set(key, time === 0n ? null : time);
        continue;
      }
      const message = joined(utf8(`cosignature/v1\ntime ${time}\n`), utf8(note.text));
      if (!(await ed25519(key.public, message, split.signature))) throw new Fault("signature", "signature-fails", { name: key.name });
    }
    const earlier = good.get(key);
    good.set(key, earlier == null || time === null ? time : earlier < time ? earlier : time);
  }
  if (!good.size && !unchecked.size) throw new Fault("key", "no-known-signature");
  const unknown = note.signatures.filter((line) => !known.has(`${line.name}+${line.id}`)).length;
  return { good, unchecked, unknown };
}

function splitTime(raw, key) {
  if (raw.length <= 8) throw new Fault("signature", "cosignature-length", { name: key.name });
  const time = new DataView(raw.buffer, raw.byteOffset).getBigUint64(0);
  if (time >= END) throw new Fault("signature", "cosignature-time", { name: key.name });
  return { time, signature: raw.subarray(8) };
}

// Throws what speaks against these keys having signed enough; gives those that count and those that came after their end.
function weighed(policy, checkpoint, opened) {
  if (![...opened.keys()].some((key) => key.name === checkpoint.origin)) throw new Fault("key", "writer-not-in-policy", { origin: checkpoint.origin });
  const over = (key, seconds) => {
    const end = policy.ends.get(label(key));
    return end !== undefined && seconds * 1000n > end.until;
  };
  const late = new Map([...opened].filter(([key, time]) => time !== null && over(key, time)));
  const good = new Map([...opened].filter(([key]) => !late.has(key)));
  const writer = [...good.keys()].find((key) => key.name === checkpoint.origin);
  const times = [...good.values()].filter((time) => time !== null);
  const first = times.reduce((least, time) => (time < least ? time : least), 1n << 62n);
  if (writer && over(writer, first)) throw new Fault("key", "writer-key-ended", { origin: checkpoint.origin });
  if (!accepts(policy, checkpoint.origin, good)) throw new Fault("key", "policy-not-met", { origin: checkpoint.origin });
  return { good, late };
}

const capacity = (name) => {
  const last = name.slice(name.lastIndexOf("/") + 1);
  return /^(.+)-[0-9]+$/.exec(last)?.[1] ?? last;
};
const cosigned = (keys) => [...keys].filter(([, time]) => time !== null).map(([key, time]) => ({ name: key.name, capacity: capacity(key.name), time: Number(time) })).sort((a, b) => (a.name < b.name ? -1 : 1));

// ---- the tree

export async function leafOf(salt, envelope) {
  return sha256(Uint8Array.of(0), await hmac(salt, envelope));
}

export async function verifyInclusion(index, size, leaf, proof, root) {
  if (index >= size) throw new Fault("place", "index-outside-tree");
  let at = index, last = size - 1n, computed = leaf;
  for (const sibling of proof) {
    if (last === 0n) throw new Fault("place", "proof-too-long");
    if (at & 1n || at === last) {
      computed = await sha256(Uint8Array.of(1), sibling, computed);
      while (at && !(at & 1n)) {
        at >>= 1n;
        last >>= 1n;
      }
    } else {
      computed = await sha256(Uint8Array.of(1), computed, sibling);
    }
    at >>= 1n;
    last >>= 1n;
  }
  if (last) throw new Fault("place", "proof-too-short");
  if (!same(computed, root)) throw new Fault("place", "root-differs");
}

// ---- the record, as far as a browser reads it: form and meaning are the node's to judge

function readRecord(checkpoint, envelope) {
  let said;
  try {
    said = JSON.parse(text(envelope, "record-not-utf8"));
  } catch {
    return { fault: "record-does-not-read", record: null };
  }
  if (said === null || typeof said !== "object" || typeof said.issuer !== "string") return { fault: "record-does-not-read", record: null };
  if (said.issuer !== checkpoint.origin.split("/ch/")[0]) throw new Fault("record", "issuer-not-the-writer", { origin: checkpoint.origin });
  const word = (value) => (typeof value === "string" ? value : "");
  const sealed = said.sealed && typeof said.sealed === "object" ? Object.keys(said.sealed) : [];
  return { fault: null, record: { kind: word(said.kind), id: word(said.id), issuer: said.issuer, made: word(said.made), purpose: word(said.purpose), sealed } };
}

// ---- all of it

// verdict: proved (under the policy's keys), consistent (no policy: hashes alone), undecided (rests on what no browser checks)
export async function verifyReceipt(raw, { policy = null, envelope = null } = {}) {
  if (!subtle) throw new Fault("browser", "browser-without-webcrypto");
  const { extra, index, hashes, note, checkpoint } = parseProof(raw);
  if (extra === null || extra.length < 32) throw form("receipt-salt");
  const attached = extra.subarray(32);
  if (attached.length && envelope !== null && !same(attached, envelope)) throw new Fault("place", "record-differs-from-the-attached-one");
  const body = attached.length ? attached : envelope;
  if (!body?.length) throw form("receipt-without-record");
  const signed = { good: new Map(), late: new Map(), unchecked: new Map(), unknown: note.signatures.length };
  let verdict = "consistent";
  if (policy !== null) {
    const opened = await openNote(note, policy, checkpoint);
    Object.assign(signed, { unchecked: opened.unchecked, unknown: opened.unknown });
    try {
      Object.assign(signed, weighed(policy, checkpoint, opened.good));
      verdict = "proved";
    } catch (fault) {
      if (!opened.unchecked.size) throw fault;
      weighed(policy, checkpoint, new Map([...opened.good, ...opened.unchecked])); // even with them: then it is refused
      Object.assign(signed, { good: opened.good });
      verdict = "undecided";
    }
  }
  await verifyInclusion(index, checkpoint.size, await leafOf(extra.subarray(0, 32), body), hashes, checkpoint.root);
  const read = readRecord(checkpoint, body);
  const cosigners = cosigned(signed.good);
  const times = cosigners.map((each) => each.time).sort((a, b) => a - b);
  const host = checkpoint.origin.split("/ch/")[0];
  return {
    verdict, ...read, origin: checkpoint.origin, index: String(index), size: String(checkpoint.size), root: hex(checkpoint.root),
    digest: hex(await sha256(body)), cosigners, lapsed: cosigned(signed.late), unknown: signed.unknown,
    delivered: cosigners.filter((each) => each.capacity === "receipt" && each.name.slice(0, each.name.lastIndexOf("/")) !== host),
    unchecked: [...signed.unchecked.keys()].map((key) => key.name),
    served: times.length ? times[(times.length - 1) >> 1] : null,
  };
}
