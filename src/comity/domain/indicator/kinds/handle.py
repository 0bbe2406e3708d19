"""An account, group or channel on a platform, written `platform:name`.

What a platform's names look like, whether capitals count there, and which of its addresses lead to one, is a row of
PLATFORMS; one more platform is one more row.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import unquote

from comity.domain.indicator.kinds import url
from comity.errors import Malformed

KIND = "handle"
LABEL = "Account on a platform"
PERSONAL = False
# MISP's own types (github-username, twitter-id) carry a name without its platform, and so can't be read as they stand.
MISP_TYPES: tuple[str, ...] = ()
SURENESS = 75


@dataclass(frozen=True)
class Platform:
    """One platform's rule.

    name      as it stands in the normal form
    shape     of a whole name, after folding
    hosts     host names whose addresses lead to accounts
    paths     path and query of such an address, with a group `name`
    aliases   other names for the platform in `platform:name`
    exact     names whose capitals count, such as invitation codes; all others are folded to lower case
    ignored   characters the platform itself skips when it compares names
    reserved  words in the place of a name that are pages of the platform, not accounts
    at_counts a leading @ belongs to the name
    """

    name: str
    shape: re.Pattern[str]
    hosts: tuple[str, ...] = ()
    paths: re.Pattern[str] | None = None
    aliases: tuple[str, ...] = ()
    exact: re.Pattern[str] | None = None
    ignored: str = ""
    reserved: frozenset[str] = frozenset()
    at_counts: bool = False

    def folded(self, name: str) -> str:
        """The name in its normal form, shape not yet checked."""
        if self.exact is not None and self.exact.fullmatch(name):
            return name
        lower = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).lower())
        return "".join(letter for letter in lower if letter not in self.ignored)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FIRST = re.compile(r"/@?(?P<name>[^/?]+)")
PLATFORMS = (
    Platform(
        "telegram",
        shape=re.compile(r"[a-z][a-z0-9_]{3,31}|\+[A-Za-z0-9_-]{10,40}"),
        hosts=("t.me", "telegram.me", "telegram.dog"),
        paths=re.compile(r"/(?:s/|(?P<invite>joinchat/))?(?P<name>[^/?]+)"),
        aliases=("tg",),
        exact=re.compile(r"\+[A-Za-z0-9_-]{10,40}"),
        reserved=_words("c addstickers addemoji proxy socks share iv login setlanguage bg"),
    ),
    Platform(
        "kakaotalk",
        # o/ open chat and me/ profile codes and _ channel codes are case-sensitive, IDs are not.
        shape=re.compile(r"o/[A-Za-z0-9]{4,20}|_[A-Za-z]{4,12}|[a-z0-9._-]{4,20}"),
        hosts=("open.kakao.com", "pf.kakao.com"),
        paths=re.compile(r"/(?P<name>o/[^/?]+|_[^/?]+)"),
        aliases=("kakao",),
        exact=re.compile(r"o/[A-Za-z0-9]{4,20}|_[A-Za-z]{4,12}"),
    ),
    Platform(
        "line",
        # @ marks an official account: line:@shop and line:shop are two different accounts.
        shape=re.compile(r"@?[a-z0-9._-]{3,20}"),
        hosts=("line.me", "page.line.me", "lin.ee"),
        paths=re.compile(r"/(?:R/)?ti/p/(?:~|(?=@|%40))(?P<name>[^/?]+)"),
        at_counts=True,
    ),
    Platform(
        "zalo",
        shape=re.compile(r"g/[a-z0-9]{4,20}|[a-z0-9._]{3,32}"),
        hosts=("zalo.me", "chat.zalo.me"),
        paths=re.compile(r"/(?P<name>g/[^/?]+|[^/?]+)"),
        reserved=_words("pc login s"),
    ),
    Platform("wechat", shape=re.compile(r"[a-z][a-z0-9_-]{5,19}"), aliases=("weixin",)),
    Platform(
        "whatsapp",
        # Accounts are telephone numbers and belong to kind phone; only invitations to groups are handles.
        shape=re.compile(r"[A-Za-z0-9]{20,24}"),
        hosts=("chat.whatsapp.com",),
        paths=re.compile(r"/(?:invite/)?(?P<name>[^/?]+)"),
        exact=re.compile(r"[A-Za-z0-9]{20,24}"),
    ),
    Platform(
        "facebook",
        # Facebook's help pages: capitals and full stops don't count in a user name.
        shape=re.compile(r"(?:groups/)?[a-z0-9-]{3,80}"),
        hosts=("facebook.com", "m.facebook.com", "mbasic.facebook.com", "web.facebook.com", "fb.com", "m.me"),
        paths=re.compile(r"/(?:profile\.php\?(?:.*&)?id=|people/[^/]+/|p/)?(?P<name>groups/[^/?]+|[^/?&]+)"),
        aliases=("fb", "messenger"),
        ignored=".",
        reserved=_words("watch marketplace events story.php photo photo.php share login help pages reel sharer groups"),
    ),
    Platform(
        "tiktok",
        shape=re.compile(r"[a-z0-9_.]{2,24}"),
        hosts=("tiktok.com", "m.tiktok.com"),
        paths=re.compile(r"/@(?P<name>[^/?]+)"),
    ),
    Platform(
        "instagram",
        shape=re.compile(r"[a-z0-9_.]{1,30}"),
        hosts=("instagram.com", "instagr.am"),
        paths=_FIRST,
        aliases=("ig",),
        reserved=_words("p reel reels tv explore stories accounts direct about legal"),
    ),
    Platform(
        "x",
        shape=re.compile(r"[a-z0-9_]{1,15}"),
        hosts=("x.com", "twitter.com", "mobile.twitter.com"),
        paths=_FIRST,
        aliases=("twitter",),
        reserved=_words("i home search hashtag intent share explore settings messages login tos privacy"),
    ),
    Platform(
        "linkedin",
        # Names of people and of companies are two spaces.
        shape=re.compile(r"(?:company/)?[\w%&.-]{2,120}"),
        hosts=("linkedin.com", "m.linkedin.com", "kr.linkedin.com", "vn.linkedin.com", "kh.linkedin.com"),
        paths=re.compile(r"/(?:in/)?(?P<name>company/[^/?]+|(?<=in/)[^/?]+)"),
    ),
    Platform(
        "github",
        shape=re.compile(r"[a-z0-9](?:-?[a-z0-9]){0,38}"),
        hosts=("github.com",),
        paths=_FIRST,
        aliases=("gh",),
        reserved=_words("about features login orgs topics search settings marketplace sponsors explore apps"),
    ),
)

EXAMPLES = [
    ("telegram:@Recruiter_Kim", "telegram:recruiter_kim"),
    ("TG: recruiter_kim", "telegram:recruiter_kim"),
    ("https://t.me/Recruiter_Kim/42", "telegram:recruiter_kim"),
    ("hxxps://t[.]me/s/recruiter_kim", "telegram:recruiter_kim"),
    ("https://t.me/+AbCdEfGhIjKlMnOp", "telegram:+AbCdEfGhIjKlMnOp"),
    ("https://t.me/joinchat/AbCdEfGhIjKlMnOp", "telegram:+AbCdEfGhIjKlMnOp"),
    ("https://open.kakao.com/o/gAbC12d", "kakaotalk:o/gAbC12d"),
    ("https://line.me/R/ti/p/@Shop12", "line:@shop12"),
    ("https://line.me/ti/p/~worker", "line:worker"),
    ("https://zalo.me/g/abcdef123", "zalo:g/abcdef123"),
    ("wechat:Golden_Job", "wechat:golden_job"),
    ("https://chat.whatsapp.com/AbCdEfGhIjKlMnOpQrStUv", "whatsapp:AbCdEfGhIjKlMnOpQrStUv"),
    ("https://www.facebook.com/Golden.Job.Cambodia", "facebook:goldenjobcambodia"),
    ("https://m.facebook.com/profile.php?id=100000000000001", "facebook:100000000000001"),
    ("https://facebook.com/groups/Golden.Jobs/posts/1", "facebook:groups/goldenjobs"),
    ("https://www.tiktok.com/@Golden.Job", "tiktok:golden.job"),
    ("https://instagram.com/golden_job/?hl=ko", "instagram:golden_job"),
    ("https://twitter.com/Golden_Job", "x:golden_job"),
    ("https://www.linkedin.com/in/%EC%B1%84%EC%9A%A9", "linkedin:채용"),
    ("https://linkedin.com/company/Golden-Job", "linkedin:company/golden-job"),
    ("https://github.com/Golden-Job/tool", "github:golden-job"),
]
REFUSED = [
    ("", "handle-empty"),
    ("@recruiter_kim", "handle-needs-platform"),
    ("recruiter_kim", "handle-needs-platform"),
    ("telegram:", "handle-empty"),
    ("orkut:someone", "handle-platform-unknown"),
    ("https://bad.example/someone", "handle-platform-unknown"),
    ("telegram:no spaces", "handle-shape"),
    ("https://t.me/proxy?server=192.0.2.7", "handle-not-an-account"),
    ("https://instagram.com/p/AbCdEf/", "handle-not-an-account"),
    ("https://facebook.com/", "handle-not-an-account"),
    ("https://wa.me/821055501234", "handle-is-phone"),
    ("whatsapp:+82 10-5550-1234", "handle-is-phone"),
]

_NAMED = re.compile(r"([A-Za-z]+)\s*:\s*(?!//)(.*)", re.DOTALL)
_BY_NAME = {name: platform for platform in PLATFORMS for name in (platform.name, *platform.aliases)}
_BY_HOST = {host: platform for platform in PLATFORMS for host in platform.hosts}
_PHONE_HOSTS = frozenset({"wa.me", "api.whatsapp.com"})
_PHONE = re.compile(r"\+?[0-9][0-9\s().-]{6,}")
_FORM = "telegram:name or https://t.me/name"


def normalise(raw: str) -> str:
    """`platform:name`, from that form or from an address on the platform; what distinguishes no account is folded away."""
    text = raw.strip()
    if not text:
        raise Malformed("handle-empty", form=_FORM)
    if "/" in text and url.recognise(text):
        platform, name = _from_address(url.normalise(text))
    else:
        platform, name = _from_name(text)
    folded = platform.folded(name)
    if not folded.lstrip("@"):
        raise Malformed("handle-empty", form=_FORM)
    if platform.name == "whatsapp" and _PHONE.fullmatch(name):
        raise Malformed("handle-is-phone", kind="phone")
    if platform.shape.fullmatch(folded) is None:
        raise Malformed("handle-shape", platform=platform.name, shape=platform.shape.pattern)
    return f"{platform.name}:{folded}"


def recognise(raw: str) -> bool:
    """A known platform in front, or an address that leads to an account on one."""
    try:
        normalise(raw)
    except Malformed:
        return False
    return True


def _from_name(text: str) -> tuple[Platform, str]:
    named = _NAMED.fullmatch(text)
    if named is None:
        raise Malformed("handle-needs-platform", form=_FORM, known=sorted(_BY_NAME))
    platform = _BY_NAME.get(named[1].lower())
    if platform is None:
        raise Malformed("handle-platform-unknown", platform=named[1][:20], known=sorted(_BY_NAME))
    name = named[2].strip()
    return platform, name if platform.at_counts else name.removeprefix("@")


def _from_address(address: str) -> tuple[Platform, str]:
    host = url.host_of(address).removeprefix("www.")
    if host in _PHONE_HOSTS:
        raise Malformed("handle-is-phone", kind="phone")
    platform = _BY_HOST.get(host)
    if platform is None or platform.paths is None:
        raise Malformed("handle-platform-unknown", host=host[:60], known=sorted(_BY_HOST))
    path = "/" + address.partition("://")[2].partition("/")[2]
    found = platform.paths.match(path)
    if found is None or found["name"].lower() in platform.reserved:
        raise Malformed("handle-not-an-account", platform=platform.name)
    # Telegram's old invitations, joinchat/CODE, are written +CODE today and lead to the same group.
    return platform, ("+" if found.groupdict().get("invite") else "") + unquote(found["name"])
