"""One more of something is one new file, and a wrong file is named with its key."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from comity.adapters.catalog import FileCatalog
from comity.domain.law import weigh
from comity.domain.terms import country
from comity.errors import Misconfigured, NotFound

KR, KH, VN = country("KR"), country("KH"), country("VN")
DAY = date(2026, 11, 24)

MEASURE = """
id = "warn_users"
label = { en = "Warn users (fictional)" }
carrier = [{ capability = "warning_notice", source = "a fictional treaty", standing = "text" }]
machine = "request"
targets = ["url"]
acts = ["start", "finish"]
done_by = ["finish"]
proves_not = { en = "that anyone read the warning" }
source = "fiction"
standing = "design"
checked_on = 2026-11-24
"""

INSTRUMENT = """
id = "fictional_accord"
title = "Accord that exists in this test only"
kind = "mou"
status = "in_force"
entered_into_force = 2026-01-01
checked_on = 2026-11-24
source = "fiction"
standing = "text"

[[route]]
id = "fic.warn"
capability = "warning_notice"
article = "1"
in_force = true
form = ["F_SPONT"]
standing = "text"
source = "fiction"
send_gate = "open"
"""

PARTY = """
country = "{state}"
[[participation]]
instrument = "fictional_accord"
status = "party"
valid_from = 2026-01-01
recorded_from = 2026-11-24
checked_on = 2026-11-24
source = "fiction"
standing = "text"
"""


def lay(overlay: Path, name: str, text: str) -> None:
    path = overlay / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_a_measure_and_an_instrument_are_one_file_each(tmp_path: Path) -> None:
    lay(tmp_path, "measures/warn_users.toml", MEASURE)
    lay(tmp_path, "instruments/fictional_accord.toml", INSTRUMENT)
    catalog = FileCatalog([tmp_path])
    assert "warn_users" in catalog.measures()
    assert catalog.book().route("fic.warn") is not None
    assert catalog.wording("en")["measure.warn_users.label"] == "Warn users (fictional)"


def test_a_countrys_further_rows_add_up_with_the_packaged_ones(tmp_path: Path) -> None:
    lay(tmp_path, "measures/warn_users.toml", MEASURE)
    lay(tmp_path, "instruments/fictional_accord.toml", INSTRUMENT)
    for state in ("KR", "KH"):
        lay(tmp_path, f"countries/{state}.toml", PARTY.format(state=state))
    catalog = FileCatalog([tmp_path])
    (view,) = weigh(catalog.measures()["warn_users"], KR, KH, DAY, catalog.book())
    assert (view.row.id, view.gate, view.reasons) == ("fic.warn", "open", ())
    assert len(catalog.book().participation) == len(FileCatalog().book().participation) + 2


def test_the_hanoi_convention_wakes_by_a_change_of_data_alone(tmp_path: Path) -> None:
    packaged = Path(__file__).parents[2] / "src/comity/catalog/instruments/un_cybercrime.toml"
    text = packaged.read_text(encoding="utf-8").replace('"not_in_force"', '"in_force"', 1)
    text = text.replace("checked_on =", "entered_into_force = 2026-11-01\nchecked_on =", 1)
    text = text.replace("in_force = false", "in_force = true").replace('standing = "memory"', 'standing = "text"')
    lay(tmp_path, "instruments/un_cybercrime.toml", text.replace('send_gate = "blocked"', 'send_gate = "open"'))
    for state in ("KH", "VN"):
        row = PARTY.format(state=state).replace("fictional_accord", "un_cybercrime")
        lay(tmp_path, f"countries/{state}.toml", row)

    def gate(catalog: FileCatalog) -> str:
        views = weigh(catalog.measures()["preserve"], VN, KH, DAY, catalog.book())
        return next(view.gate for view in views if view.row.id == "unc.preserve")

    assert (gate(FileCatalog()), gate(FileCatalog([tmp_path]))) == ("blocked", "open")


@pytest.mark.parametrize(
    ("name", "text", "code", "key"),
    [
        (
            "instruments/fictional_accord.toml",
            INSTRUMENT.replace('article = "1"', "article = 1"),
            "catalog-key",
            "route[0].article",
        ),
        (
            "instruments/fictional_accord.toml",
            INSTRUMENT.replace("send_gate", "sendgate"),
            "catalog-key",
            "route[0].sendgate",
        ),
        (
            "instruments/fictional_accord.toml",
            INSTRUMENT.replace('article = "1"\n', ""),
            "catalog-key",
            "route[0].article",
        ),
        (
            "instruments/fictional_accord.toml",
            INSTRUMENT.replace('source = "fiction"\n', "", 1),
            "catalog-key",
            "source",
        ),
        ("instruments/fictional_accord.toml", INSTRUMENT.replace('"in_force"', '"alive"'), "catalog-key", "status"),
        ("instruments/other_name.toml", INSTRUMENT, "catalog-file-name", "fictional_accord"),
        ("instrument/fictional_accord.toml", INSTRUMENT, "catalog-folder", "instrument"),
    ],
)
def test_a_wrong_file_is_refused_with_its_name_and_key(
    tmp_path: Path, name: str, text: str, code: str, key: str
) -> None:
    lay(tmp_path, name, text)
    with pytest.raises(Misconfigured) as caught:
        FileCatalog([tmp_path])
    assert (caught.value.code, caught.value.facts["key"]) == (code, key)
    assert str(caught.value.facts["file"]) in str(tmp_path / name)


def test_a_file_that_is_no_toml_is_refused_with_its_name(tmp_path: Path) -> None:
    lay(tmp_path, "measures/warn_users.toml", "id = ")
    with pytest.raises(Misconfigured) as caught:
        FileCatalog([tmp_path])
    assert caught.value.code == "catalog-file-not-toml"
    assert str(caught.value.facts["file"]).endswith("measures/warn_users.toml")


def test_all_faults_of_the_whole_are_told_at_once_each_with_its_file(tmp_path: Path) -> None:
    lay(
        tmp_path,
        "instruments/fictional_accord.toml",
        INSTRUMENT.replace("F_SPONT", "F_NONE").replace('"text"', '"secondary"'),
    )
    lay(tmp_path, "measures/warn_users.toml", MEASURE.replace('"request"', '"clockwork"'))
    with pytest.raises(Misconfigured) as caught:
        FileCatalog([tmp_path])
    faults = caught.value.facts["faults"]
    assert isinstance(faults, list)
    told = {fault["code"]: Path(fault["file"]).name for fault in faults}
    assert told == {
        "form-unknown": "fictional_accord.toml",
        "gate-too-loose": "fictional_accord.toml",
        "machine-unknown": "warn_users.toml",
    }


def test_an_overlay_that_does_not_exist_is_empty_and_an_unknown_machine_is_not_found(tmp_path: Path) -> None:
    catalog = FileCatalog([tmp_path / "none"])
    assert catalog.book() == FileCatalog().book()
    with pytest.raises(NotFound):
        catalog.machine("clockwork")


def test_a_machine_that_is_published_cannot_be_laid_over(tmp_path: Path) -> None:
    from importlib.resources import files

    folder = tmp_path / "machines"
    folder.mkdir()
    (folder / "request.toml").write_text(files("comity").joinpath("catalog/machines/request.toml").read_text("utf-8"))
    with pytest.raises(Misconfigured, match="machine-is-fixed"):
        FileCatalog([tmp_path])
