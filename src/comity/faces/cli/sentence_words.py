"""Words for what the sentence's commands may answer: report, match, request, action, receipt.

Measures, kinds and events are not named here: they come from the catalog and the folders of kinds.
"""

from __future__ import annotations

from typing import Any

from comity.faces.cli.lint_words import LINTED
from comity.faces.cli.measure_words import MEASURES
from comity.faces.cli.wording import told, told_plainly

# code: (what, how it is mended)
WORDS: dict[str, tuple[str, str]] = {
    **MEASURES,
    **LINTED,
    # reports and values
    "report-empty": ("The report holds neither a value nor a narrative.", "Give --value, --narrative, or both."),
    "report-not-here": ("There is no report {report} here.", "See: comity report list"),
    "value-of-no-kind": ("No kind of indicator fits {text}.", "Name the kind: comity lookup VALUE --kind KIND; kinds: comity lookup --kinds"),
    "indicator-kind-unknown": ("There is no kind of indicator {kind}.", "Use one of: {known}"),
    "personal-value-in-address": ("A value of kind {kind} is a person's own and doesn't belong in an address.", "Send it in a body: POST /lookup"),
    "time-not-rfc3339-utc": ("{text} isn't a time.", "Write it in UTC: 2026-12-24T10:00:00Z"),
    "warning-list-json": ("This isn't a MISP warning list: {why}", "Take the list.json of one list."),
    "list-key": ("The file has no array {key}.", "Name one of them with --key: {known}"),
    "list-json": ("The file isn't JSON of a known shape: {why}", "Give an array, or an object of arrays and --key."),
    "tag-pack-yaml": ("The file isn't YAML: {why}", "Ask its maker for a whole copy."),
    "tag-pack-shape": ("The file isn't a TagPack.", "It should be {wanted}, with at most {tags_max} tags."),
    "tag-without-address": ("A tag names no address.", "Mend the pack, or leave the tag out."),
    "warning-list-empty": ("The list {list} holds no domain.", "Look at what was refused; give a list of domains."),
    "file-shape": ("{file} can't be read: {why}", "Write TOML or JSON with the members of the API: see docs/openapi.json"),
    # drafts
    "no-route": ("No route is chosen that exists between the two.", "See: comity request routes; usable now: {choices}"),
    "route-blocked": ("The route {route} is blocked: {why}.", "See why: comity request routes; usable now: {choices}"),
    "attest-missing": ("Nobody has recorded having read the text of {route} ({source}).", "Read it, then: comity request attest"),
    "attest-incomplete": ("The record of having read the text of {route} is incomplete.", "comity request attest"),
    "binding-abroad": ("A binding order can't be claimed across a border.", "Use one of: {choices}"),
    "nature-not-of-route": ("A request on this route can't be {nature}.", "Use one of: {choices}"),
    "nature-unknown": ("{value} is no nature of a request.", "Use binding-order, via-state or voluntary."),
    "law-not-named": ("A binding order names whose law it rests on.", "Give --law-of {choices}"),
    "law-named-without-order": ("Only a binding order names a law.", "Leave --law-of out."),
    "target-missing": ("The request names no target.", "Give --target; kinds that fit: {choices}"),
    "target-kind": ("A target of kind {kind} doesn't fit this measure.", "Kinds that fit: {choices}"),
    "target-empty": ("A target is empty.", "Fill it in."),
    "target-repeated": ("A target is named twice.", "Leave one out."),
    "target-on-warning-list": ("{value} is named by the warning list {list} ({why}): {entry}", "Make sure that the measure can't hit somebody else."),
    "offence-missing": ("The request names no offence.", "Give --offence."),
    "facts-missing": ("The request tells no facts.", "Give --facts."),
    "emergency-facts": ("An emergency needs its facts told.", "Give --facts."),
    "author-missing": ("Nobody is named as author.", "Say who you are: --as NAME"),
    "deadline-without-reason": ("A deadline needs its reason ({basis}).", "Give --form deadline_reason=TEXT"),
    "member-missing": ("The form {form} lacks {member}.", "Give --form {member}=TEXT"),
    "member-open": ("The form {form} asks for {member} too.", "Give --form {member}=TEXT, if there is something to say."),
    "member-unknown": ("No form of the route has {field}.", "Leave it out."),
    "four-eyes": ("The author can't approve their own request.", "Let somebody else approve it: --as NAME"),
    "approval-missing": ("Nobody has approved it.", "comity request approve"),
    "not-approved": ("It is not approved as it stands now (state: {state}).", "Submit it, then let somebody else approve it: comity request submit, comity request approve"),
    "not-submitted": ("It is not submitted (state: {state}).", "comity request submit"),
    "not-a-draft": ("It is no draft any more (state: {state}).", "See: comity request show"),
    "already-sent": ("It has been sent already.", "See: comity request show"),
    "not-sent-yet": ("It has not been sent (state: {state}).", "comity request submit, approve, send"),
    "peer-not-found": ("{peer} is no accepted peer any more.", "Draft it anew for another one."),
    # answers and actions
    "event-not-allowed-here": ("{event} can't be said by our side now (state: {state}).", "Allowed now: {allowed}"),
    "event-needs-an-action": ("{event} says what was done: it goes with an action.", "comity action take --event {event}"),
    "event-is-no-action": ("{event} is an answer, not an action.", "comity request answer; actions here: {acts}"),
    "hold-until-missing": ("It isn't said until when the data is held.", "Give --hold-until 2026-12-24T10:00:00Z"),
    "reason-missing": ("No reason is given.", "Say why: --reason TEXT"),
    "terms-missing": ("No terms are given.", "Say under which: --term TEXT"),
    "ground-missing": ("A refusal names its ground.", "Give --ground, one of: {choices}"),
    "ground-unknown": ("{ground} is no ground that the catalog knows.", "Give another --ground."),
    "ground-forbidden": ("{ground} is never a ground for refusing ({basis}).", "Give another --ground."),
    "ground-is-no-refusal": ("{ground} is no ground for refusing, but for answering otherwise.", "Postpone, offer terms, or grant a part."),
    "ground-not-of-this-route": ("{ground} is no ground on this route.", "Give one of: {choices}"),
    "outcome-not-named": ("{event} may lead to several states.", "Name one with --choice: {choices}"),
    "step-of-a-third-party": ("It came from {issuer}, which is no party to the request.", ""),
    "event-of-the-other-side": ("{event} is the other side's to say.", ""),
    "event-unknown": ("{event} is no event of this measure.", ""),
    "request-repeated": ("The request was sent a second time.", ""),
    # routes
    "not-in-force": ("{instrument} is not in force ({status}).", "{entry_condition}"),
    "route-not-in-force": ("The route is not in force.", "{note}"),
    "status-too-old": ("The state of {instrument} was checked {days} days ago, on {checked_on}: too long.", "Check it anew and correct the catalog."),
    "status-stale": ("The state of {instrument} was checked {days} days ago, on {checked_on}.", "Check it anew."),
    "text-not-read": ("Nobody of the project has read its text.", "Read it, and attest."),
    "row-from-memory": ("This row is from memory and never carries a request.", "Read the text and correct the catalog."),
    "row-held-back": ("This row is held back.", "{note}"),
    "carrier-to-confirm": ("That it covers this measure is a reading ({source}).", "Confirm it in the text, and attest."),
    "carrier-from-memory": ("That it covers this measure is from memory ({source}).", "Read the text and correct the catalog."),
    "same-state": ("It binds states to each other, and both are {state}.", ""),
    "status-unknown": ("Whether {state} is party to {instrument} is not known.", "Find out and add it to the catalog."),
    "not-party": ("{state} is not party to {instrument} ({status}, checked {checked_on}).", ""),
    "party-second-hand": ("That {state} is party to {instrument} is known second-hand.", "Check it with the depositary, and attest."),
    "party-from-memory": ("That {state} is party to {instrument} is from memory.", "Check it and correct the catalog."),
    "reservation": ("{state} has made a reservation: {text}", ""),
    "treaty-first": ("It yields to {treaties}.", "Use that one."),
    "treaty-may-bind": ("It would yield to {treaties}, whose force nobody has checked.", "Check it, and attest."),
    "penalty-too-low": ("The offence carries {years} years; the route asks for {years_min}.", ""),
    "addressee-not-a-company": ("It is for asking companies.", ""),
    "addressee-not-an-authority": ("It is for asking authorities.", ""),
    # messages
    "request-closed": ("The request is closed ({state}); nobody writes about it any more.", "Send a new request that names it: --replaces"),
    "message-empty": ("The message says nothing.", "Give --text, --ask or --file."),
    "reply-to-unknown": ("No record {record} belongs to this request.", "See the ids: comity message list"),
    "ask-field-unknown": ("The request has no member {value}.", "Ask about one of: {choices}"),
    "ask-code-unknown": ("There is no coded question {value}.", "Use one of: {choices}"),
    "attachment-not-here": ("The file {sha256} isn't here.", "comity file add PATH"),
    # files
    "file-of-another-digest": ("The bytes have the digest {found}, not {sha256}.", "Nothing was kept. Fetch or copy the file again."),
    "file-too-large": ("The file is larger than this node takes ({bytes_max} bytes).", "Raise bytes_max in [files] of comity.toml, or hand it over by another way."),
    "file-not-here": ("The file isn't here: {held} of {bytes} bytes are.", "Wait until it is fetched; see: comity file show {sha256}"),
    "file": ("There is no file {sha256} here, and no record names one.", "See: comity file list"),
    "file-is-named": ("{count} records name the file.", "It goes when they are erased."),
    "file-damaged": ("What is on disk of the file isn't what was stored.", "Put the files' folder back from its backup, or fetch it from the partner again."),
    "file-key-damaged": ("The key of the file {file} can't be read.", "Put the files' folder and the key folder back from their backup."),
    "no-space-for-file": ("The disk that holds {folder} is full; nothing half-written was kept.", "Make room, and try again."),
    "out-exists": ("{file} is there already.", "Choose another name, or give --force."),
    # receipts
    "field-not-here": ("{field} can't be opened: it isn't here, or not sealed.", "{mend}"),
    "not-cosigned-yet": ("{waiting_for} has not confirmed it yet.", "Wait until its node has pulled; see: comity channel list"),
    "record-erased": ("The record was erased by order.", "A receipt made before that still holds."),
}  # fmt: skip


def because(reason: dict[str, Any]) -> tuple[str, str]:
    """(what, how it is mended) for a reason as the API shows it. Any: decoded JSON."""
    facts = {**reason["facts"], "field": reason["field"], "mend": reason["mend"]}
    return told(reason["code"], facts, WORDS) or (told_plainly(reason["code"], reason["facts"]), reason["mend"])
