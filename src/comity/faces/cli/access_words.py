"""Words for what access may refuse, and for cases."""

from __future__ import annotations

# code: (what, how it is mended)
WORDS: dict[str, tuple[str, str]] = {
    "role-lacks-act": ("Your roles ({roles}) don't include the act {act}.", "Ask somebody whose role includes it; an administrator gives roles."),
    "not-a-member": ("You are not in the case {case}.", "Ask one of its members to add you; in an emergency: comity case emergency"),
    "not-in-the-case": ("It lies in a case that isn't open to you.", "Ask one of its members to add you."),
    "not-on-the-desk": ("Your roles don't belong to the desk, and it lies in no case.", "Ask for it to be put into your case."),
    "case-purpose": ("The case is not for {purpose}.", "It is for: {allowed}"),
    "basis-expired": ("The basis {basis} ended on {until}.", "Name one that holds."),
    "basis-purpose": ("The basis {basis} is not for {purpose}.", "It is for: {allowed}"),
    "marking-purpose": ("The record's marking doesn't allow {purpose}.", "It allows: {allowed}"),
    "marking-against-crime-only": ("Handling code {hcode}: only against crime, and {purpose} is something else.", "Ask its issuer."),
    "marking-not-in-court": ("Handling code {hcode}: not in court without the issuer's permission.", "Ask its issuer."),
    "marking-not-for-us": ("The record may not be used at {node}.", "It may go to: {releasable_to}"),
    "marking-not-onward": ("Handling code {hcode}: it leaves this node only with the permission of {owner}.", "Ask {owner} for it."),
    "marking-named-recipients": ("TLP:{tlp}: it is for the recipients alone that {owner} has named.", "Ask {owner} for a copy."),
    "victim-protected": ("It tells who suffers, and your roles don't include {act}.", "Ask a victim officer of the case."),
    "victim-stays-here": ("Who suffers is told in no export and no search.", "Leave it out."),
    "act-not-declared": ("The route {route} doesn't say which act it is.", "Report it: nobody can be allowed what has no name."),
    "context-header": ("The header {header} can't be read.", "One line of at most {characters_max} characters."),
    # cases
    "case": ("There is no such case here.", "See: comity case list"),
    "case-number-taken": ("Another case has the number {number}.", "Give another --number."),
    "case-incomplete": ("A case needs a number, a title and a purpose.", "Give all three."),
    "basis-missing": ("An end of the basis is given, and no basis.", "Give --basis as well."),
    "member": ("{account} is not in the case.", "See: comity case show"),
    "account-unknown": ("There is no account {account} here.", "See: comity people list"),
    "member-already": ("{account} is in the case already.", "See: comity case show"),
    "last-member": ("{account} is the last one in the case.", "Add somebody first: comity case add"),
    "link": ("That doesn't lie in the case.", "See: comity case show"),
    "case-ended": ("The case is {state}: it is read, and nothing is done in it.", "Reopen it: comity case state CASE active --reason …"),
    "case-state": ("A case that is {state} doesn't become {wanted}.", "It may become: {allowed}"),
    "case-request-open": ("The request {request} lies in the case and is open.", "Close it, or take it out: comity case take"),
    "case-moved-meanwhile": ("Somebody else has moved the case {case} on.", "Look at it: comity case show"),
    "context-without-reason": ("Another case, purpose or basis than your token's needs a reason.", "Say it in {characters_min} to {characters_max} characters: --why"),
    "context-word": ("The {field} can't be read.", "One word or line of at most {characters_max} characters."),
    # emergency access
    "reason-length": ("The reason has {characters} characters.", "Say in {least} to {most} characters why it can't wait."),
    "access-unreviewed": ("An earlier emergency access of yours ({grant}) waits for its judgement for more than 72 hours.", "Ask an approver: comity case judge"),
    "judge-of-oneself": ("Nobody judges their own access.", "Ask another approver."),
    "judged-already": ("It was judged already, by {by}: {verdict}.", "See: comity case accesses"),
    "grant": ("There is no such emergency access.", "See: comity case accesses"),
}  # fmt: skip
