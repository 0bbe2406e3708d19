"""Words for what the commands of custody may answer."""

from __future__ import annotations

# code: (what, how it is mended)
WORDS: dict[str, tuple[str, str]] = {
    # orders
    "not-our-record": ("{record} is not a record of this node's.", "Only its issuer takes a record back, amends or clears it."),
    "record-missing": ("No record is named.", "Give the id of the record; see: comity record show"),
    "record-taken-back": ("{record} was taken back already ({course}).", "See: comity custody show {record}"),
    "record-erased": ("It is erased already.", "See: comity custody show"),
    "record-not-here": ("{record} is no record of another node's that is here.", "See: comity lookup"),
    "kind-differs": ("The new record has to be of the kind {kind}.", "Give a whole body of that kind."),
    "field-not-sealed": ("Not every one of these is a sealed field of the record: {pointers}", "Sealed are: {choices}"),
    "ground-not-of-a-clearance": ("That is no ground for clearing somebody.", "Give one of: {choices}"),
    "already-decided": ("It was decided already: {decided}.", "See: comity custody list"),
    "proposal": ("There is no proposal {proposal}.", "See: comity custody list"),
    "order": ("There is no order {order}.", "See: comity custody list"),
    "own-record": ("{record} is no record of this node's.", "See: comity record show"),
    "record": ("There is no record {record} here.", "See: comity lookup"),
    # passing on
    "tlp-red-never-onward": ("TLP:RED is for the named recipients alone.", "Ask the issuer to send it to {to} itself."),
    "tlp-keeps-it-here": ("TLP:{tlp} keeps it in this organisation.", "Ask the issuer: comity custody permit, at the issuer's node"),
    "handling-code-without-permission": ("Handling code {code} asks for the issuer's permission to pass it to {to}.", "Ask the issuer: comity custody permit, at the issuer's node"),
    "purpose-not-against-crime": ("{purpose} is no purpose against crime, and the record is for nothing else.", "Purposes: {choices}"),
    "purpose-not-allowed": ("The record is not for {purpose}.", "It is for: {choices}"),
    "not-releasable-to": ("{to} is not among those it may go to.", "These are: {choices}"),
    "marking-expired": ("It may not be used any more ({expires}).", "Ask the issuer for a new one."),
    "not-of-the-community": ("{to} is no accepted peer.", "comity peer invite {to}"),
    "receiver-takes-no-custody": ("The node of {to} doesn't say that it carries orders out.", "It has to be brought up to date first."),
    "receiver-is-the-issuer": ("{to} is the issuer itself.", ""),
    "transferred-already": ("{to} has it from us already.", "See: comity custody show {record}"),
    "record-does-not-fit": ("The record can't be passed on whole ({why}).", "Ask the issuer to send it itself."),
    "permission-lifts-nothing-known": ("Nothing is lifted.", "Give --lift, one of: {choices}"),
    "holder-has-it-not": ("{holder} doesn't have {record} from us.", "See: comity custody show {record}"),
    "no-channel-for-reader": ("We write no channel for {reader}.", "comity peer list"),
    # holders
    "no-hold": ("There is no hold on {record}.", "See: comity custody show {record}"),
    "review-in-the-past": ("The day of review has passed ({review}).", "Give --review 2027-05-24T00:00:00Z"),
    "no-duty": ("No duty waits for {order}.", "See: comity custody list"),
    "no-such-holder": ("{holder} was not given this order.", "See: comity custody show"),
    "request-taken-back": ("Its issuer took the request back ({course}: {reason}).", "Nothing is begun for it; see: comity custody list"),
    # refusals by a receiver
    "transfer-misaddressed": ("It was passed on for {to}.", ""),
    "transfer-not-proven": ("The issuer's receipt doesn't hold ({why}).", "The issuer may tell its key: comity custody vouch"),
    "transfer-without-record": ("What was passed on is not in it.", ""),
    "transfer-names-another-record": ("It names another record than the one inside.", ""),
    "transfer-of-own-record": ("It is a record of the issuer's own or of the relay's.", ""),
    "issuer-not-in-roster": ("Its issuer {issuer} is not in the roster.", "comity peer invite {issuer}"),
    "marking-loosened": ("The relay allows more than the issuer did.", ""),
}  # fmt: skip
