"""Words for what freezes, rescue alerts and replaced requests may be told."""

from __future__ import annotations

# code: (what, how it is mended)
MEASURES: dict[str, tuple[str, str]] = {
    # freezes, drafted
    "account-missing": ("A freeze names the account it is aimed at.", "Give --target; kinds that fit: {choices}"),
    "amount-missing": ("It isn't said how much is to be frozen.", "Give --form amount_units=NUMBER, or --form whole_account_reason=TEXT"),
    "amount-not-in-units": ("{amount} is no whole number of the asset's smallest units.", "Write cents, won, satoshi, wei: digits alone, none in front that is nought."),
    "amount-and-whole-account": ("An amount and the whole account: both can't be asked.", "Leave one of them out."),
    "asset-missing": ("It isn't said of what the amount is.", "Give --form asset=KRW, asset=btc or asset=CHAIN:CONTRACT"),
    "asset-unknown": ("{asset} is no currency, no chain's own coin, and no token by its contract.", "Write KRW, btc or CHAIN:CONTRACT."),
    "end-missing": ("Every freeze lapses; it isn't said when this one does.", "Give --form ends_at=2026-12-24T10:00:00Z"),
    "end-unreadable": ("{ends_at} isn't a time.", "Write it in UTC: 2026-12-24T10:00:00Z"),
    "end-in-the-past": ("The end lies in the past: {ends_at}.", "Give --form ends_at=..., a time to come."),
    "end-too-far": ("A freeze of this nature lasts {days_max} days at most ({source}).", "Give an earlier end; seek a domestic order meanwhile."),
    "nature-without-limit": ("There is no freeze of the nature {nature}.", "Use one of: {choices}"),
    "binding-by-foreign-law": ("By the law of {law_of} nobody orders anything here.", "Name the addressee's own: {choices}"),
    "remedy-missing": ("It isn't said how, where and until when the holder of the account may object: {member}.", "Give --form {member}=TEXT"),
    "remedy-unreadable": ("{remedy_until} isn't a time.", "Write it in UTC: 2026-12-24T10:00:00Z"),
    "remedy-in-the-past": ("The holder could object only in the past: until {remedy_until}.", "Give --form remedy_until=..., a time to come."),
    "basis-missing": ("It isn't said on what legal basis at home it is asked.", "Give --form legal_basis_at_home=TEXT"),
    "follow-up-missing": ("It isn't said by which route an order will be sought.", "Give --form follow_up_route=ROUTE"),
    "transaction-missing": ("No transaction shows how the money came to the wallet.", "Give --target transaction=CHAIN:HASH"),
    # freezes, held
    "held-missing": ("It isn't said how much is held.", "Give --held ASSET=UNITS, 0 where the account is empty."),
    "held-below-nought": ("Less than nothing can't be held.", "Correct --held."),
    "held-of-another-asset": ("{asked} was to be held, not {asset}.", "Hold what was asked; tell the rest in a note."),
    "held-more-than-asked": ("{held} is more than was asked: {asked}.", "Let go of the rest."),
    "outcome-not-of-the-amounts": ("The amounts don't come to {choice}.", "They come to: {choices}"),
    "hold-until-past": ("The end of the hold lies in the past: {hold_until}.", "Give --hold-until, a time to come."),
    "held-longer-than-asked": ("It would be held longer than was asked.", "Hold it until {asked} at the latest."),
    "lapsed-already": ("The hold has lapsed already, or never was.", "It has to be asked for anew."),
    "extended-to-no-later": ("That extends nothing: it is held until {held_until}.", "Give a later --hold-until."),
    "not-lapsed-yet": ("It hasn't lapsed: it is held until {held_until}.", "To let go before, release it."),
    "same-person-twice": ("{event} needs somebody else than who did {before}: {by}.", "Let another officer do it: --as NAME"),
    # rescue
    "leaves-as-an-alert": ("This measure leaves as an alert, without waiting for an approval.", "comity rescue alert"),
    "name-or-place-missing": ("An alert names a person or a place; either is enough.", "Give --name or --place"),
    "told-in-words": ("What was given has no normal form ({why}); it goes along in words.", "Correct it when there is time."),
    "never-call": ("A telephone number is named, and a ringing telephone may betray the person.", "Nobody calls unless safe_contact.never_call=false."),
    "place-stale": ("The place was seen {days} days ago; groups are moved.", "Ask for a newer observation."),
    "all-well-is-no-end": ("The family was told that all is well: that ends nothing.", "Only a person seen by an officer closes it."),
    "attested-each-time": ("For {measure} the text is attested with each draft.", "comity request attest"),
    "validity-out-of-range": ("The attestation would hold until {valid_until}.", "It holds {days_max} days at most, and not into the past."),
    "no-alert-of-ours": ("This is no alert of ours ({measure}).", "See: comity rescue list"),
    "countersigned-already": ("{by} has countersigned it at {at}.", ""),
    "consent-unknown": ("{consent} is no consent that lets it be told.", "Use one of: {choices}"),
    "whereabouts-without-consent": ("Where a person is, is told only with their own consent.", "Leave --whereabouts out, or give --consent, one of: {choices}"),
    "found-without-consent": ("That a person was found is told only with their own consent.", "Answer {choices}: it is said of those who don't want it told, too."),
    "not-found-says-nothing-more": ("Beside \"not found\" nothing is said: a word more would tell it apart.", "Leave --note out."),
    # requests sent anew
    "replaced-not-found": ("There is no request {request} to take the place of.", "See: comity request list"),
    "replaced-not-ours": ("Request {request} is the other side's.", "Leave --replaces out."),
    "replaced-never-sent": ("Request {request} has never been sent.", "Send that one."),
    "replaced-still-open": ("Request {request} is still open (state: {state}).", "Wait for the answer, or withdraw it first."),
}  # fmt: skip
