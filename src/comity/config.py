"""The settings of one node: frozen, and read in this one place from `<home>/comity.toml` and from `COMITY_*`.

A file of settings holds tables of plain values. Each value has a twin in the environment that goes before it:
`port` in `[listen]` is `COMITY_LISTEN_PORT`. A key that nobody knows is refused, in the file and in the environment, because a
misspelt setting is one that doesn't hold. Folders may be given relative to the node's home.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from comity.domain.terms import Country, NodeName, country, node_name
from comity.domain.terms.address import is_exchange_address
from comity.errors import Malformed, Misconfigured

FILE_NAME = "comity.toml"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
DEFAULT_PORT = 8710
Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
Rate = Annotated[float, msgspec.Meta(gt=0, le=1_000_000)]
_FIELD = re.compile(r"unknown field `([^`]+)`(?: - at `\$\.?(.*)`)?")
_PLACE = re.compile(r" - at `\$\.?(.*)`")


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What all tables share: nothing in them is passed over."""


class NodeTable(_Table, frozen=True):
    """Who the node is. `address` is where partners reach its exchange: `https://host:port`."""

    name: str
    country: str
    title: str
    address: str


class ListenTable(_Table, frozen=True):
    """Where the exchange listens. Beyond loopback only when the operator says so in as many words."""

    host: str = "127.0.0.1"
    port: Port = DEFAULT_PORT
    beyond_loopback: bool = False


class DeskTable(_Table, frozen=True):
    """Where the desk's API listens, always on loopback; 0 takes a free port, which `node.json` tells."""

    port: Port = 0


class FoldersTable(_Table, frozen=True):
    """`marks` holds the high-water file and must lie outside what backups restore; `catalog` lays folders over the packaged one."""

    marks: str
    catalog: tuple[str, ...] = ()


class StoreTable(_Table, frozen=True):
    """Where the store is: `postgresql://user@host/database`; empty for SQLite in the node's home. It may hold a password."""

    url: str = ""


class PullTable(_Table, frozen=True):
    """How often each partner is asked without a nudge, and how long the pause grows while it can't be reached.

    skew_max_s   how far the time in a record may lie ahead, or before what was confirmed, until an officer is told
    """

    every_s: Seconds = 20.0
    pause_max_s: Seconds = 300.0
    skew_max_s: Annotated[float, msgspec.Meta(gt=0, le=31_536_000)] = 86_400.0


class FilesTable(_Table, frozen=True):
    """Where files that records name are kept, and how large one may be. `encrypted` is turned off by tests alone."""

    folder: str = "files"
    bytes_max: Annotated[int, msgspec.Meta(ge=0, le=1 << 53)] = 4 << 30
    encrypted: bool = True


class KeysTable(_Table, frozen=True):
    """What opens the key folder: a file that holds a passphrase, such as a credential of the service manager; empty: plain files."""

    passphrase_file: str = ""


class NotifyTable(_Table, frozen=True):
    """Who is told outside the system that something waits, never what it says.

    kinds      of notices that are told
    every_s    what isn't pressing is gathered for so long
    smtp_host  empty sends no e-mail; smtp_ca and webhook_ca are files of certificates to trust instead of the system's
    webhook_private  lets the webhook lead to a private address or to this machine
    """

    kinds: tuple[str, ...] = (
        "request-arrived",
        "message-arrived",
        "step-arrived",
        "order",
        "fork",
        "quarantined",
    )
    every_s: Seconds = 60.0
    smtp_host: str = ""
    smtp_port: Port = 587
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_ca: str = ""
    smtp_user: str = ""
    smtp_password_file: str = ""
    mail_from: str = ""
    mail_to: tuple[str, ...] = ()
    webhook_url: str = ""
    webhook_secret_file: str = ""
    webhook_ca: str = ""
    webhook_private: bool = False


class WitnessTable(_Table, frozen=True):
    """Who cosigns our channels as a witness, and what is demanded of the channels that we read.

    ask         accepted peers that are asked to witness what we write
    policy      file in the form of C2SP tlog-policy: which witnesses count, and how many of them; empty: none is demanded
    hold_lanes  on these nothing is held before the policy's quorum stands under the note
    open_port   where, on loopback, a witness also answers callers without a client certificate; 0: nowhere
    """

    ask: tuple[str, ...] = ()
    policy: str = ""
    hold_lanes: tuple[Literal["rescue", "urgent", "bulk"], ...] = ()
    open_port: Port = 0


class LimitsTable(_Table, frozen=True):
    """What one peer may ask of this node, and how much of it is taken in. What is over them waits; a rescue never does.

    rescue_s, urgent_s, bulk_s, files_s, other_s   requests a second, each purpose by itself
    burst_s      so many seconds' worth may come at once
    at_once      answers of one purpose that may be under way
    connections  that one peer may hold open
    bytes_day    answered to one peer in a day, of everything but rescue and urgent
    records_day  taken in from one peer in a day, as `kind=number`; `*` stands for every other kind
    tenfold      peers whose limits are ten times as high: hubs, and who delivers large lists
    """

    rescue_s: Rate = 20.0
    urgent_s: Rate = 100.0
    bulk_s: Rate = 200.0
    files_s: Rate = 100.0
    other_s: Rate = 50.0
    burst_s: Annotated[float, msgspec.Meta(ge=1, le=3600)] = 10.0
    at_once: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 8
    connections: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 96
    bytes_day: Annotated[int, msgspec.Meta(ge=1, le=1 << 53)] = 64 << 30
    records_day: tuple[Annotated[str, msgspec.Meta(pattern=r"^([a-z][a-z-]{0,30}|\*)=[0-9]{1,9}$")], ...] = (
        "*=100000",
        "indicator=3000000",
    )
    tenfold: tuple[str, ...] = ()


class PeopleTable(_Table, frozen=True):
    """What is demanded of people who have accounts.

    idle_minutes, session_hours  how long a browser's session lasts unused, and at most
    token_days     how long one of the command line lasts at most
    argon2_*       what one computation of a password's hash costs; after a change each is made anew when its person comes in
    origin         where pages are had through a proxy that speaks TLS: https://desk.example; empty on the machine itself
    passkey_for    acts that count only when they are signed with a passkey, inside the record
    """

    idle_minutes: Annotated[int, msgspec.Meta(ge=1, le=1440)] = 30
    session_hours: Annotated[int, msgspec.Meta(ge=1, le=168)] = 12
    token_days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 90
    argon2_memory_kib: Annotated[int, msgspec.Meta(ge=19_456, le=4_194_304)] = 65_536
    argon2_passes: Annotated[int, msgspec.Meta(ge=2, le=100)] = 3
    argon2_lanes: Annotated[int, msgspec.Meta(ge=1, le=64)] = 2
    origin: str = ""
    passkey_for: tuple[Literal["approve", "countersign", "erase", "clear", "freeze"], ...] = ()


class _File(_Table, frozen=True):
    node: NodeTable
    folders: FoldersTable
    listen: ListenTable = ListenTable()
    desk: DeskTable = DeskTable()
    pull: PullTable = PullTable()
    store: StoreTable = StoreTable()
    files: FilesTable = FilesTable()
    keys: KeysTable = KeysTable()
    notify: NotifyTable = NotifyTable()
    witness: WitnessTable = WitnessTable()
    limits: LimitsTable = LimitsTable()
    people: PeopleTable = PeopleTable()


_TABLES: dict[str, type[_Table]] = {
    "node": NodeTable,
    "listen": ListenTable,
    "desk": DeskTable,
    "folders": FoldersTable,
    "pull": PullTable,
    "store": StoreTable,
    "files": FilesTable,
    "keys": KeysTable,
    "notify": NotifyTable,
    "witness": WitnessTable,
    "limits": LimitsTable,
    "people": PeopleTable,
}


@dataclass(frozen=True)
class Config:
    """The settings as the node runs with them; every folder is absolute."""

    home: Path
    name: NodeName
    country: Country
    title: str
    address: str
    listen: ListenTable
    desk_port: int
    marks: Path
    overlays: tuple[Path, ...]
    pull: PullTable
    files: FilesTable
    notify: NotifyTable
    witness: WitnessTable
    limits: LimitsTable = field(default_factory=LimitsTable)
    people: PeopleTable = field(default_factory=PeopleTable)
    store_url: str = field(default="", repr=False)  # may hold a password
    passphrase_file: Path | None = None

    @property
    def files_folder(self) -> Path:
        """Folder of the files that records name."""
        return Path(os.path.normpath(self.home / self.files.folder))

    @property
    def keys(self) -> Path:
        """Folder of the private keys."""
        return self.home / "keys"

    @property
    def store(self) -> Path:
        """Folder of the database."""
        return self.home / "store"

    @property
    def policy(self) -> Path | None:
        """File of the policy by which witnesses count; None when there is none."""
        return Path(os.path.normpath(self.home / self.witness.policy)) if self.witness.policy else None

    @property
    def token(self) -> Path:
        """File with the token that opens the desk's API."""
        return self.home / "api.token"

    @property
    def presence(self) -> Path:
        """File that a running node holds locked, and that tells how to reach its desk."""
        return self.home / "node.json"


def choose_home(given: str | None, environment: Mapping[str, str] | None = None) -> Path:
    """The node's folder: as given, else `COMITY_HOME`, else `~/.comity`."""
    here = os.environ if environment is None else environment
    return Path(given or here.get("COMITY_HOME") or Path.home() / ".comity").expanduser().absolute()


def tokens_folder(environment: Mapping[str, str] | None = None) -> Path:
    """Where the command line keeps the personal tokens of who works at it: `COMITY_TOKENS`, else the user's settings."""
    here = os.environ if environment is None else environment
    base = here.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(here.get("COMITY_TOKENS") or Path(base) / "comity").expanduser().absolute()


def choose_officer(given: str | None, environment: Mapping[str, str] | None = None) -> str | None:
    """Who acts: as given, else `COMITY_AS`."""
    here = os.environ if environment is None else environment
    return given or here.get("COMITY_AS") or None


def read_config(home: Path, environment: Mapping[str, str] | None = None) -> Config:
    """The settings in `home`; Misconfigured names the file or variable, the key, and how to mend it."""
    path = home / FILE_NAME
    try:
        raw: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as fault:
        raise Misconfigured("no-config", file=str(path), mend="comity node init") from fault
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise Misconfigured("config-not-toml", file=str(path), why=str(fault)) from fault
    except OSError as fault:
        raise Misconfigured("config-unreadable", file=str(path), why=fault.strerror or "") from fault
    _lay_over(raw, os.environ if environment is None else environment)
    return _checked(home, _file_from(raw, path), path)


def config_text(config: Config) -> str:
    """`comity.toml` for these settings; `read_config` reads the same ones back."""
    marks = os.path.relpath(config.marks, config.home)
    overlays = ", ".join(_quoted(str(path)) for path in config.overlays)
    return f"""\
# Settings of one Comity node. Each value can also be given in the environment: port in [listen] is COMITY_LISTEN_PORT.

[node]
name = {_quoted(config.name)}
country = {_quoted(config.country)}
title = {_quoted(config.title)}
# Where partners reach the exchange.
address = {_quoted(config.address)}

[listen]
host = {_quoted(config.listen.host)}
port = {config.listen.port}
# true lets the exchange listen beyond this machine.
beyond_loopback = {"true" if config.listen.beyond_loopback else "false"}

[desk]
# Port of the desk's API on loopback; 0 takes a free one.
port = {config.desk_port}

[folders]
# The node's memory of what it has signed. Never back it up, never restore it.
marks = {_quoted(marks)}
# Folders laid over the packaged catalog.
catalog = [{overlays}]

[pull]
every_s = {config.pull.every_s}
pause_max_s = {config.pull.pause_max_s}
# A record's time may lie so far ahead, or before what was confirmed, until an officer is told.
skew_max_s = {config.pull.skew_max_s}

[store]
# postgresql://user@host/database; empty for SQLite in this folder.
url = {_quoted(config.store_url)}

[files]
# Files that records name; bytes_max is the largest that is taken in or fetched.
{_values(config.files)}

[keys]
# File with the passphrase of the key folder, outside the home; empty: its files are plain. COMITY_KEYS_PASSPHRASE_FILE names a credential.
passphrase_file = {_quoted(str(config.passphrase_file or ""))}

[notify]
# Who is told that something waits, never what it says: by e-mail when there is an smtp_host, by webhook when there is a webhook_url.
{_values(config.notify)}

[witness]
# Peers that cosign our channels without seeing them; and on which lanes we hold nothing before the policy's witnesses have signed.
{_values(config.witness)}

[limits]
# What one peer may ask of this node, and how much of it is taken in; a rescue never waits for them.
{_values(config.limits)}

[people]
# Once there are accounts: how long a session lasts, what passwords cost, where pages are had, which acts need a passkey.
{_values(config.people)}
"""


def fresh_config(
    home: Path,
    *,
    name: str,
    country: str,
    title: str,
    port: int = DEFAULT_PORT,
    address: str | None = None,
    host: str = "127.0.0.1",
    desk_port: int = 0,
    marks: str | None = None,
    store_url: str = "",
) -> Config:
    """Settings for a new node, checked as if they had been read."""
    listen = {"host": host, "port": port, "beyond_loopback": host not in ("127.0.0.1", "::1", "localhost")}
    raw: dict[str, Any] = {
        "node": {"name": name, "country": country, "title": title, "address": address or f"https://{name}:{port}"},
        "listen": listen,
        "desk": {"port": desk_port},
        # Beside the home, not in it: who copies the home back after an accident must not copy this back.
        "folders": {"marks": marks or f"../{home.name}.marks"},
        "store": {"url": store_url},
    }
    path = home / FILE_NAME
    return _checked(home, _file_from(raw, path), path)


def _lay_over(raw: dict[str, Any], environment: Mapping[str, str]) -> None:
    """Puts every `COMITY_<TABLE>_<KEY>` into its place; other names that begin with COMITY_ are not settings."""
    for variable, text in sorted(environment.items()):
        table, _, key = variable.removeprefix("COMITY_").lower().partition("_")
        if not variable.startswith("COMITY_") or table not in _TABLES or not key:
            continue
        known = _TABLES[table].__struct_fields__
        if key not in known:
            raise Misconfigured("environment-key-unknown", variable=variable, known=_variables(table, known))
        value: object = text
        if key == "catalog":
            value = [part for part in text.split(os.pathsep) if part]
        elif not str(_TABLES[table].__annotations__[key]).startswith(("str", "Literal")):
            value = _plain(variable, text)
        raw.setdefault(table, {})[key] = value


def _plain(variable: str, text: str) -> object:
    """A number or a truth value, written as in TOML."""
    try:
        return tomllib.loads(f"x = {text}")["x"]
    except tomllib.TOMLDecodeError as fault:
        raise Misconfigured("environment-value", variable=variable, text=text[:60]) from fault


def _variables(table: str, keys: tuple[str, ...]) -> list[str]:
    return [f"COMITY_{table}_{key}".upper() for key in keys]


def _file_from(raw: Mapping[str, Any], path: Path) -> _File:
    try:
        return msgspec.convert(raw, _File)
    except msgspec.ValidationError as fault:
        message = str(fault)
        unknown, place = _FIELD.search(message), _PLACE.search(message)
        if unknown is None:
            raise Misconfigured("config-value", file=str(path), key=place[1] if place else "", why=message) from fault
        table = unknown[2] or ""
        known = _TABLES[table].__struct_fields__ if table else tuple(_TABLES)
        key = f"{table}.{unknown[1]}".lstrip(".")
        raise Misconfigured("config-key-unknown", file=str(path), key=key, known=list(known)) from fault


def _check_notify(told: NotifyTable, path: Path) -> None:
    """What is named goes with what it needs; a mail server beyond this machine is spoken to over TLS alone."""
    needs = {
        "mail_from": bool(told.smtp_host) and not _is_mailbox(told.mail_from),
        "mail_to": bool(told.smtp_host) and not (told.mail_to and all(map(_is_mailbox, told.mail_to))),
        "smtp_security": told.smtp_security == "none" and told.smtp_host not in ("", *LOOPBACK),
        "smtp_password_file": bool(told.smtp_user) and not told.smtp_password_file,
        "webhook_secret_file": bool(told.webhook_url) and not told.webhook_secret_file,
    }
    for key, wrong in needs.items():
        if wrong:
            why = "none is for a server on this machine" if key == "smtp_security" else "it is needed, and isn't there"
            raise Misconfigured("config-value", file=str(path), key=f"notify.{key}", why=why)


def _is_mailbox(text: str) -> bool:
    name, at, host = text.partition("@")
    return bool(name and at and host) and text.isascii() and text.isprintable() and " " not in text


def _checked(home: Path, file: _File, path: Path) -> Config:
    try:
        name, land = node_name(file.node.name), country(file.node.country)
    except Malformed as fault:
        raise Misconfigured("config-value", file=str(path), key=fault.code, why=str(fault)) from fault
    if not is_exchange_address(file.node.address):
        why = "write https://host:port, without a path"
        raise Misconfigured("config-value", file=str(path), key="node.address", why=why)
    _check_notify(file.notify, path)
    if not file.node.title.strip() or len(file.node.title) > 200:
        raise Misconfigured("config-value", file=str(path), key="node.title", why="write 1 to 200 characters")
    if file.witness.hold_lanes and not file.witness.policy:
        why = "hold_lanes demands a quorum, and no policy says of whom"
        raise Misconfigured("config-value", file=str(path), key="witness.policy", why=why)
    if file.people.origin and not is_exchange_address(file.people.origin):
        why = "write https://host or https://host:port, without a path; or leave it empty"
        raise Misconfigured("config-value", file=str(path), key="people.origin", why=why)
    if file.store.url and not file.store.url.startswith("postgresql://"):
        why = "write postgresql://user@host/database, or leave it empty for SQLite"
        raise Misconfigured("config-value", file=str(path), key="store.url", why=why)
    return Config(
        home=home,
        name=name,
        country=land,
        title=file.node.title,
        address=file.node.address,
        listen=file.listen,
        desk_port=file.desk.port,
        marks=Path(os.path.normpath(home / file.folders.marks)),
        overlays=tuple(Path(os.path.normpath(home / part)) for part in file.folders.catalog),
        pull=file.pull,
        files=file.files,
        notify=file.notify,
        witness=file.witness,
        limits=file.limits,
        people=file.people,
        store_url=file.store.url,
        passphrase_file=Path(os.path.normpath(home / said)) if (said := file.keys.passphrase_file) else None,
    )


def with_store(home: Path, url: str) -> str:
    """The text of `comity.toml` with another `url` in `[store]` and every other line as it stands."""
    lines = (home / FILE_NAME).read_text("utf-8").splitlines()
    setting = f"url = {_quoted(url)}"
    tables = [at for at, line in enumerate(lines) if line.split("#")[0].strip() == "[store]"]
    if not tables:
        lines += ["", "[store]", setting]
        return "\n".join(lines) + "\n"
    start = tables[0] + 1
    stop = next((at for at in range(start, len(lines)) if lines[at].lstrip().startswith("[")), len(lines))
    lines[start:stop] = [setting, *(line for line in lines[start:stop] if line.partition("=")[0].strip() != "url")]
    return "\n".join(lines) + "\n"


def _values(table: _Table) -> str:
    """Every member of a table, as TOML."""
    return "\n".join(f"{name} = {_toml(getattr(table, name))}" for name in table.__struct_fields__)


def _toml(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _quoted(value)
        case tuple():
            return f"[{', '.join(map(_toml, value))}]"
        case _:
            return str(value)


def _quoted(text: str) -> str:
    """A TOML basic string; JSON's escapes are a subset of TOML's, except that DEL has to be escaped too."""
    return msgspec.json.encode(text).decode().replace("\x7f", "\\u007f")
