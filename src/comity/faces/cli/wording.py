"""What a fault says to a person: what happened, where, and how it is mended.

Codes that have words of their own stand here, or in `WORDS` of the group that needs them; all others get the words of their
class (exits.py) and their facts. A `{name}` is a fact; one that is missing is shown as it stands.
"""

from __future__ import annotations

from typing import Any

from comity.faces.cli.exits import Failed, nearest

# code: (what happened, how it is mended)
WORDS: dict[str, tuple[str, str]] = {
    # settings
    "no-config": ("There is no node in this home: {file} is missing.", "Give the right --home, or make a node: comity node init"),
    "config-not-toml": ("{file} isn't TOML: {why}", "Correct the line that is named."),
    "config-unreadable": ("{file} can't be read: {why}", "Give the file to the user that runs the node."),
    "config-key-unknown": ("{file} has a setting that nobody knows: {key}", "Take it out, or use one of: {known}"),
    "config-value": ("{file} has a value that doesn't fit at {key}: {why}", "Correct the value."),
    "environment-key-unknown": ("{variable} is set, and there is no such setting.", "Unset it, or use one of: {known}"),
    "environment-value": ("{variable} has a value that can't be read: {text}", "Write numbers and true or false as in TOML."),
    "catalog-overlay-missing": ("The catalog folder {folder} is named in the settings and isn't there.", "Make it, or take it out."),
    "node-exists": ("There is a node in this home already: {file}", "Choose another --home."),
    "folder-unusable": ("The folder {folder} can't be made or used: {why}", "Make it for the user that runs the node, or choose another."),
    "host-not-loopback": ("The exchange would listen beyond this machine, on {host}.", "If that is wanted: beyond_loopback = true in [listen]"),
    "port-unusable": ("Port {port} on {host} can't be used: {why}", "Stop what uses it, or choose another port in comity.toml."),
    # keys and store
    "no-keys": ("The key folder {folder} is missing.", "Restore it from its backup. Without its keys a node's channels end."),
    "keys-of-another-node": ("{folder} holds no certificate or receipt key of {node}.", "Put back the right key folder, or correct node.name."),
    "key-file-open-to-others": ("Key file {file} can be read by others (mode {mode}).", "chmod 600 it, and consider the key as known to others."),
    "key-folder-open-to-others": ("Key folder {folder} is open to others (mode {mode}).", "chmod 700 {folder}"),
    "key-file-unreadable": ("The file {file} can't be read.", "Restore it from its backup, and give it to the user that runs the node."),
    "at-rest-key-missing": ("The key of the database's seal is missing: {keys} isn't in {folder}; there: {found}.", "Put back at-rest-<id>.secret from the backup of the key folder, or restore a backup of the node: it has the key with it."),
    "at-rest-key-damaged": ("{file} in {folder} isn't the key that its name says.", "Put back the file from the backup of the key folder. Nothing was written."),
    "at-rest-rotation-unfinished": ("The database is being sealed anew, and that broke off.", "Run: {mend}. It goes on where it stopped."),
    "at-rest-key-unneeded": ("The database isn't sealed under this key ({key}).", "If the last rotation broke off at its end: {mend}. It destroys what nothing needs."),
    "key-file-locked": ("{file} in {folder} is locked, and no passphrase is named.", "Name its file as passphrase_file in [keys], or in COMITY_KEYS_PASSPHRASE_FILE."),
    "passphrase-wrong": ("The passphrase doesn't open {file} in {folder}.", "Name the file with the right one as passphrase_file in [keys]. Nothing was written."),
    "passphrase-empty": ("{file} holds no passphrase.", "Write one line into it: openssl rand -base64 32"),
    "passphrase-not-set": ("No passphrase is named for the key folder.", "Write one into a file of mode 0600 outside the home, and name it as passphrase_file in [keys]."),
    "keys-not-locked": ("A passphrase is named, and these key files are plain: {files}", "Stop the node, and run: comity keys lock"),
    "keys-in-the-clear": ("Private keys lie in plain files: who can read the disk has them, and with them the database.", "Encrypt that disk, or lock the keys under a passphrase; see Sealed at rest in docs/operate.md."),
    "disk-not-encrypted": ("It lies on {device}, which isn't encrypted as far as this machine tells.", "Encrypt that disk (LUKS), or move the folder to one that is."),
    "disk-encryption-unknown": ("Whether {device} is encrypted can't be seen from here.", "Ask whoever runs the machine or the storage, and write the answer down."),
    "files-open-to-others": ("The folder of files {folder} is open to others (mode {mode}).", "chmod 700 {folder}"),
    "files-of-another-key": ("The files in {folder} were kept under another storage key.", "Put back the storage.secret that belongs to them into the key folder."),
    "webhook-secret-short": ("The webhook's secret in {file} is too short.", "Write at least {bytes_min} random bytes into it: openssl rand -hex 32"),
    "store-in-use": ("Another process has the store {path}.", "Use the node that runs, or wait until the other command ends."),
    "node-runs-already": ("A node runs in this home already.", "Stop it first. To see it: comity node status"),
    "presence-unreadable": ("{file} doesn't say where the node's desk is.", "Stop the node and start it again."),
    "token-wrong": ("The node doesn't take the token in api.token.", "Give the --home of the node that runs; start it anew if the file has changed."),
    "store-behind-its-signatures": ("The store is older than what this node has signed ({reason}).", "Don't sign on. See Restore in docs/operate.md."),
    "desk-unreachable": ("The node is said to run at {desk}, and doesn't answer.", "Look at its output; stop it and start it again."),
    "no-space": ("The disk that holds {folder} is full; nothing half-written was kept.", "Make room on it, and try again. Where there is little left: comity doctor"),
    "store-unusable": ("The database in {folder} can't be written or read: {why}", "Look at the disk: is it full, over a quota, or failing? Then try again."),
    # doctor
    "disk-space-low": ("{free_mib} MiB are left on this disk; a node wants {wanted_mib} MiB.", "Make room before it is full: then everything is refused."),
    "marks-missing": ("The high-water file {where} is missing, while there is a database.", "Find the folder named by marks in comity.toml. Don't make an empty one."),
    "marks-inside-home": ("The marks lie inside the node's home, {home}.", "Stop the node, move the folder beside the home, correct folders.marks."),
    "file-open-to-others": ("It is open to others (mode {mode}).", "chmod it to {wanted}."),
    "file-unreadable": ("It can't be looked at: {why}", "Restore it, or give it to the user that runs the node."),
    "clock-behind-own-cosignature": ("The clock says {now}, and this node cosigned at {last}.", "Set the clock right. Until then cosignatures take the later time."),
    "certificate-expired": ("It ended on {until}.", "Make a new one and invite every partner anew."),
    "certificate-ends-soon": ("It ends in {days} days, on {until}.", "comity peer rotate --certificate; once every partner knows it: --switch, and restart."),
    "certificate-unreadable": ("It isn't a certificate that can be read.", "Ask for a fresh invitation."),
    "channel-stopped": ("{writer} broke the protocol ({why}); nothing more is pulled.", "Keep the evidence, call the peer's officer."),
    "channel-fenced": ("This node may not sign on it ({why}).", "See Restore in docs/operate.md."),
    # the way to a peer
    "connection-refused": ("Nothing listens there.", "Ask the peer whether its node runs, and compare the address."),
    "connection-failed": ("The connection can't be made.", "Check address, name service and firewall."),
    "host-unknown": ("The host {host} isn't known.", "Check the address and the name service."),
    "timeout": ("No answer in time.", "Check the firewall on the way; ask the peer."),
    "refused-our-certificate": ("The peer doesn't take our certificate.", "It has not accepted our invitation, or has suspended or expelled us. Call its officer."),
    "not-admitted": ("The peer's node answers, and doesn't admit us.", "It has suspended or expelled us. Call its officer."),
    "certificate-not-the-pinned-one": ("Somebody answers there with another certificate than the one compared.", "Don't go on. Call the peer's officer."),
    "clocks-differ": ("The two clocks are {ahead_s} s apart.", "Set this machine's clock right; else tell the peer."),
    # roster
    "fingerprint-not-given": ("No fingerprint was given.", "Have it read out over a way you trust, and give it: --fingerprint"),
    "fingerprint-shape": ("The fingerprint has {digits} digits instead of {wanted}.", "Give all sixteen groups."),
    "fingerprint-differs": ("The fingerprint is not that of this invitation.", "Compare again by telephone. If it still differs, somebody changed the file: don't accept it."),
    "invitation-for-another": ("This invitation is for {for}, not for {here}.", "Ask for one made for this node."),
    "invitation-by-ourselves": ("This invitation is our own.", "Send it to the peer, and accept the peer's."),
    "invitation-not-canonical": ("The invitation has been edited or reformatted.", "Ask for the file again, as an attachment."),
    "certificate-changed": ("{peer} is known here with another certificate.", "It announces a new one itself. If its keys are lost or stolen: comity peer accept --replaces"),
    "receipt-key-changed": ("{peer} is known here with another receipt key.", "It announces a new one itself. If its keys are lost or stolen: comity peer accept --replaces"),
    "channel-key-changed": ("{peer} is known here with another key for its {lane} channel.", "It announces a new one itself. If its keys are lost or stolen: comity peer accept --replaces"),
    "witness-key-changed": ("{peer} is known here with another witness key.", "It announces a new one itself. If its keys are lost or stolen: comity peer accept --replaces"),
    "nobody-to-replace": ("{peer} isn't known here.", "Admit it without --replaces."),
    "key-name-used-before": ("The key {key} bears a name that another key of this peer had.", "Its officer makes the node again with a number that was never used: comity node init --keys 2"),
    "loss-in-the-future": ("The moment of loss, {since}, hasn't come yet.", "Give when it happened at the latest: --lost-since"),
    "why-unknown": ("{why} isn't a reason that is known.", "Use one of: {choices}"),
    "rotation-under-way": ("The last change is under way until {until}.", "Wait, or say that the key is lost or stolen: --why"),
    "certificate-not-announced": ("No next certificate has been announced.", "comity peer rotate --certificate"),
    "certificate-not-confirmed": ("{peer} has not confirmed that it knows the next certificate.", "Wait until it has pulled; or cut it off: --without {peer}"),
    "not-a-channel-to-a-peer": ("{origin} isn't a channel that this node writes for a peer.", "See: comity channel list"),
    "channel-has-ended": ("{origin} is {standing}.", "See: comity channel list"),
    "node-name-looks-like": (
        "{node} looks like {like}, which is known here: one could be taken for the other.",
        "Call the officers of both. The newer one takes another name.",
    ),
    "contact-unreadable": ("A contact has at most {characters_max} printable characters.", "Write it on one line."),
    "certificate-of-another-peer": ("Another peer has the certificate in this invitation.", "Call both officers."),
    "peer-expelled": ("{peer} was expelled ({since}).", "Only an invitation made after that, compared anew, admits it again."),
    "admission-rules-this-out": ("{peer} is {admission}, so it can't become {wanted}.", "See: comity peer list"),
    "reason-not-given": ("No reason was given.", "Say why: --reason"),
    "peer": ("There is no peer {name}.", "See: comity peer list"),
    "officer-not-named": ("This is an act, and nobody is named who acts.", "Say who you are: --as NAME, or COMITY_AS"),
    "file-missing": ("{file} can't be read: {why}", "Check the path."),
    "file-not-written": ("{file} can't be written: {why}", "Check the path, or give another --out."),
    "no-channel-to-peer": ("There is no {lane} channel to {peer}.", "comity peer invite {peer}"),
}  # fmt: skip


class _Known(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "{" + name + "}"


def told(code: str, facts: dict[str, Any], words: dict[str, tuple[str, str]]) -> tuple[str, str] | None:
    """(what, mend) by the code, with the facts in their places; None when the code has no words."""
    if code not in words:
        return None
    shown = _Known(
        {name: ", ".join(map(str, fact)) if isinstance(fact, list | tuple) else fact for name, fact in facts.items()}
    )
    what, mend = words[code]
    return what.format_map(shown), mend.format_map(shown)


def told_plainly(code: str, facts: dict[str, Any]) -> str:
    """The code and its facts, for what has no words."""
    listed = ", ".join(f"{name}: {fact}" for name, fact in facts.items())
    return f"{code.replace('-', ' ')} ({listed})" if listed else code.replace("-", " ")


def lines_for(failure: Failed, words: dict[str, tuple[str, str]]) -> list[tuple[str, str]]:
    """(what, mend) for each thing that went wrong: one for a fault, one for each reason of a refusal."""
    if failure.kind is None:
        return [told(code, facts, words) or (told_plainly(code, facts), "") for code, facts in failure.reasons]
    found = told(failure.code, failure.facts, words)
    if found is not None:
        return [found]
    _, headline, mend = nearest(failure.kind)
    return [(f"{headline} {failure.detail or told_plainly(failure.code, failure.facts)}", mend)]
