"""Matching: what an indicator is held against, and what warns that it should not be acted on."""

from comity.domain.match.listing import Listing
from comity.domain.match.plain import HostList, Line, PlainList, read_host_list, read_plain_list
from comity.domain.match.suppress import Suppression, Suppressors
from comity.domain.match.tagpack import TagPack, looks_like_tag_pack, read_tag_pack
from comity.domain.match.warning import WarningList, parse_warning_list, written_warning_list

__all__ = [
    "HostList",
    "Line",
    "Listing",
    "PlainList",
    "Suppression",
    "Suppressors",
    "TagPack",
    "WarningList",
    "looks_like_tag_pack",
    "parse_warning_list",
    "read_host_list",
    "read_plain_list",
    "read_tag_pack",
    "written_warning_list",
]
