"""Roles are data: what a file may say, and that every route says which act it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from comity.adapters.catalog import FileCatalog
from comity.domain.access import ACTS
from comity.errors import Misconfigured
from comity.faces.api.desk import discovered

DETECTIVE = 'id = "detective"\ntitle = "Detective"\nnote = "fictional"\ndesk = true\nacts = ["view", "look-up"]\n'


def overlay(folder: Path, text: str) -> FileCatalog:
    (folder / "roles").mkdir()
    (folder / "roles" / "detective.toml").write_text(text, "utf-8")
    return FileCatalog([folder])


def test_one_more_role_is_one_more_file(tmp_path: Path) -> None:
    role = overlay(tmp_path, DETECTIVE).roles()["detective"]
    assert (role.desk, role.acts) == (True, ("view", "look-up"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (DETECTIVE.replace('"look-up"', '"lookup"'), "act-unknown"),
        (DETECTIVE.replace('"look-up"', '"view"'), "act-twice"),
        (DETECTIVE.replace("desk = true\n", ""), "desk"),
        (DETECTIVE + 'more = "x"\n', "more"),
        (DETECTIVE.replace('id = "detective"', 'id = "spy"'), "spy"),
    ],
)
def test_a_file_that_says_what_nobody_knows_is_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        overlay(tmp_path, text)
    assert told in str(refused.value)
    assert "detective.toml" in str(refused.value)


def test_every_act_is_somebodys_and_every_role_has_a_note() -> None:
    roles = FileCatalog().roles()
    had = {act for role in roles.values() for act in role.acts}
    assert had == set(ACTS)
    assert all(role.note and role.title for role in roles.values())


def test_nobody_has_every_act_and_two_signatures_need_two_people() -> None:
    for role in FileCatalog().roles().values():
        assert not {"draft", "approve"} <= set(role.acts), role.id
        assert not {"alert", "countersign"} <= set(role.acts), role.id
        assert not {"erase", "confirm"} <= set(role.acts), role.id
        assert not {"break-glass", "review-access"} <= set(role.acts), role.id
        assert not {"manage-people", "view"} <= set(role.acts), role.id


def test_every_route_says_which_act_it_is() -> None:
    for handler in discovered():
        said = [handler.opt[key] for key in ("act", "asks", "door") if key in handler.opt]
        assert len(said) == 1, handler.operation_id
        if "door" not in handler.opt:
            assert said[0] in ACTS, handler.operation_id
