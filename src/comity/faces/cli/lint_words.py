"""Words for what a route asks of a draft, and for what an addressee would send back."""

from __future__ import annotations

# code: (what, how it is mended)
LINTED: dict[str, tuple[str, str]] = {
    # what the route and the form ask for
    "need-missing": ("Article {article} asks for {member}.", "Give --form {member}=TEXT"),
    "need-otherwise": ("Article {article} leaves no choice in {member}.", "Give --form {member}=..., one of: {choices}"),
    "member-unfit": ("{member} says {value}, which can't stand there ({why}; type: {type}).", "Correct --form {member}=..."),
    "penalty-missing": ("The route {route} is for offences from a maximum of {years_min} years on; it isn't said how grave this one is.", "Give --form max_penalty_years=YEARS"),
    "signer-without-power": ("{category} data may be asked for by {choices} alone; who signs or validates is {signers}.", "Have it issued or validated by one of them."),
    "conduct-undescribed": ("Whether {receiver} punishes it too is judged by the conduct ({rule}); known provisions: {fits}.", "Give --form dual_criminality_statement=TEXT: what was done, not what it is called."),
    "measures-mixed": ("Beside {measure} the draft asks for {others}; these are requests of their own.", "Split them; the second names the first."),
    "central-authority-only": ("The state has declared that even urgent requests reach it through its central authority alone: {text}", "Leave urgent_channel_reason out and send it there."),
    "translation-missing": ("{receiver} reads {choices}.", "Attach a translation, and give --form translation_attached=true"),
    "languages-unknown": ("Nobody has written down which languages {receiver} reads.", "Ask its authority; add what it says to countries/{receiver}.toml."),
    "emergency-without-risk": ("An emergency is a risk to the life or safety of a person; none is named. Money alone is not one.", "Give --form risk_kind=..., or send it as {instead}."),
    # what is asked about each target
    "target-not-there": ("A member speaks of a target that isn't there; there are {count}.", "Leave it out, or correct its number: they count from 0."),
    "time-no-offset": ("The time {value} doesn't say of which zone it is.", "Write it with its offset: 2026-11-20T09:00:00+09:00"),
    "time-unreadable": ("{value} isn't a time.", "Write it with its offset: 2026-11-20T09:00:00+09:00"),
    "time-order": ("The end lies before the start.", "Correct one of them."),
    "time-to-come": ("Data of a time to come can't be there yet.", "Correct it, or ask for a measure in real time."),
    "ip-not-public": ("{value} is a private or reserved address: nobody outside can say who had it.", "Leave it out; give the address that the provider saw."),
    "ip-needs-time": ("Who had {value} is known for a moment alone.", "Give its time with an offset, and the port where many share an address."),
    "port-unreadable": ("{value} is no port.", "Write a number from 1 to 65535."),
    "category-unknown": ("There is no category of data {category}.", "Use one of: {choices}"),
    "category-not-of-measure": ("{measure} doesn't ask for {category} data.", "Use one of: {choices}; other data are another request."),
    "category-not-of-route": ("The route {route} doesn't carry {category} data.", "Use one of: {choices}, or another route."),
    "without-limit": ("\"{phrase}\" sets the request no limit; such requests are refused.", "Name the data and the days."),
    "media-in-text": ("A picture or film stands in the text.", "Take it out: address, hash and notes are enough."),
    "many-targets": ("The request names {count} identifiers; more than {most} are taken one by one.", "Group them by person and reason, in several requests."),
    "categories-open": ("It isn't said which data are asked for.", "Give --form targets[0].categories=..., some of: {choices}"),
    "range-long": ("{days} days of {category} data are asked for; beyond {days_most} the answer is likely to be cut.", "Narrow it, or say why it has to be so long."),
    "offence-unlisted": ("The offence is none that the catalog knows, so nothing can be said about the law of the other side.", "Use one of: {choices}"),
    # a draft in a file
    "draft-members": ("The file says things that no draft says: {members}.", "Leave them out; a draft says: {known}"),
    "draft-member-missing": ("The draft doesn't say {member}.", "Add it to the file: measure, from and to are needed."),
    "draft-member-type": ("{member} should be {wanted}.", "Correct it in the file."),
    "language-unknown": ("There are no words in the language {lang}.", "Use one of: {known}"),
    # what would open a closed route
    "enters-into-force": ("{instrument} enters into force ({entry_condition}).", ""),
    "becomes-party": ("{state} becomes a party of {instrument} (now: {status}).", "Add the row to countries/{state}.toml, with its source."),
    "status-found-out": ("Somebody looks up whether {state} is bound by {instrument}.", "Add what a register says to countries/{state}.toml, with source and day."),
    "text-read": ("Somebody reads the text that is only remembered here.", "Add its source to the instrument's file."),
    "force-found-out": ("Somebody finds out whether it is in force.", "Add the day and its source to the instrument's file."),
    "agreed-in-lieu": ("Both agree in writing to use the convention instead of {treaties}.", "Then: --in-lieu"),
    "reservation-withdrawn": ("{state} withdraws its reservation ({text}).", ""),
    "attested": ("An officer records that they have read the text that applies, and that it covers this.", "comity request attest"),
}  # fmt: skip
