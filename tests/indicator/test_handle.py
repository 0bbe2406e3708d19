"""Accounts on platforms: one account, many addresses."""

from __future__ import annotations

import pytest

from comity.domain.indicator import indicator
from comity.domain.indicator.kinds.handle import PLATFORMS
from comity.errors import Malformed


@pytest.mark.parametrize(
    "spellings",
    [
        (
            "telegram:golden_job",
            "tg:@Golden_Job",
            "https://t.me/golden_job",
            "t.me/golden_job?start=1",
            "https://telegram.me/s/Golden_Job",
        ),
        (
            "facebook:golden.job",
            "fb:GoldenJob",
            "https://www.facebook.com/golden.job/posts/1",
            "https://m.me/goldenjob",
        ),
        ("facebook:100000000000001", "https://www.facebook.com/people/Some-Name/100000000000001/"),
        (
            "x:golden_job",
            "twitter:@Golden_Job",
            "https://x.com/golden_job/status/1",
            "https://mobile.twitter.com/golden_job",
        ),
        ("kakaotalk:_AbCdE", "https://pf.kakao.com/_AbCdE/chat"),
        ("line:@shop12", "https://line.me/ti/p/%40shop12"),
        ("linkedin:golden-job", "https://kr.linkedin.com/in/Golden-Job/"),
    ],
    ids=lambda spellings: spellings[0],
)
def test_all_spellings_of_one_account_meet(spellings: tuple[str, ...]) -> None:
    assert len({indicator("handle", spelling) for spelling in spellings}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("telegram:+AbCdEfGhIjKl", "telegram:+abcdefghijkl"),
        ("kakaotalk:o/gAbC12", "kakaotalk:o/gabc12"),
        ("line:@shop", "line:shop"),
        ("linkedin:golden", "linkedin:company/golden"),
        ("instagram:golden.job", "instagram:goldenjob"),
        ("telegram:golden_job", "x:golden_job"),
    ],
)
def test_two_accounts_stay_two(one: str, other: str) -> None:
    assert indicator("handle", one) != indicator("handle", other)


@pytest.mark.parametrize(
    "address",
    [
        "https://www.facebook.com/groups/",
        "https://www.facebook.com/watch?v=1",
        "https://x.com/search?q=job",
        "https://t.me/c/123/4",
        "https://github.com/features",
        "https://www.linkedin.com/feed/",
        "https://www.tiktok.com/tag/job",
        "https://open.kakao.com/",
        "https://line.me/",
    ],
)
def test_a_page_of_the_platform_is_no_account(address: str) -> None:
    with pytest.raises(Malformed) as refused:
        indicator("handle", address)
    assert refused.value.code == "handle-not-an-account"


def test_no_two_platforms_claim_one_name_or_host() -> None:
    names = [name for platform in PLATFORMS for name in (platform.name, *platform.aliases)]
    hosts = [host for platform in PLATFORMS for host in platform.hosts]
    assert len(names) == len(set(names))
    assert len(hosts) == len(set(hosts))
