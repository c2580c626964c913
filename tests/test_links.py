import stat
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from followthrough.links import SECRET_FILE, BadLink, ExpiredLink, Link, Links, WeakSecret, hidden, links_for
from followthrough.settings import Settings
from tests.records import NOW

LINK = Link.in_mail("inc-0000000001.1/3/ana", "accept", "ana", "inc-0000000001.1")
LINKS = Links(["the secret of the tests"])
TOKEN = LINKS.sign(LINK)


def test_a_link_says_what_was_signed_and_nothing_else_passes() -> None:
    assert LINKS.read(TOKEN, {"accept"}) == LINK
    cut_off, changed = TOKEN[:-1], ("A" if TOKEN[0] != "A" else "B") + TOKEN[1:]
    for token in (cut_off, changed, Links(["another secret"]).sign(LINK), "", "a.b.c", "ä"):
        with pytest.raises(BadLink):
            LINKS.read(token, {"accept"})


def test_a_link_is_for_one_purpose() -> None:
    with pytest.raises(BadLink):
        LINKS.read(TOKEN, {"waive", "calendar"})


def test_a_link_expires_unless_it_never_does() -> None:
    token = Links(["secret"], lambda: NOW).sign(LINK)
    week = timedelta(days=7)
    assert Links(["secret"], lambda: NOW + week).read(token, {"accept"}, week) == LINK
    later = Links(["secret"], lambda: NOW + week + timedelta(seconds=1))
    with pytest.raises(ExpiredLink) as expired:
        later.read(token, {"accept"}, week)
    assert expired.value.link == LINK
    assert later.read(token, {"accept"}) == LINK


def test_a_mail_that_is_made_again_has_the_same_links() -> None:
    assert Link.in_mail("inc-0000000001.1/3/ana", "accept", "ana", "inc-0000000001.1") == LINK
    others = [
        Link.in_mail("inc-0000000001.1/4/ana", "accept", "ana", "inc-0000000001.1"),
        Link.in_mail("inc-0000000001.1/3/ana", "waive", "ana", "inc-0000000001.1"),
        Link.in_mail("inc-0000000001.1/3/ana", "accept", "ben", "inc-0000000001.1"),
        Link.in_mail("inc-0000000001.1/3/ana", "accept", "ana", "inc-0000000001.2"),
    ]
    assert len({link.nonce for link in (LINK, *others)}) == 5


def test_links_of_an_older_secret_work_until_that_is_dropped() -> None:
    old, new = SecretStr("the secret of last year"), SecretStr("the secret of this year")
    token = links_for(Settings(link_secret=old)).sign(LINK)
    rotated = links_for(Settings(link_secret=new, previous_link_secrets=(old,)))
    assert rotated.read(token, {"accept"}) == LINK
    assert links_for(Settings(link_secret=new)).read(rotated.sign(LINK), {"accept"}) == LINK
    with pytest.raises(BadLink):
        links_for(Settings(link_secret=new)).read(token, {"accept"})


def test_without_a_secret_one_is_made_once_for_nobody_elses_eyes(tmp_path: Path) -> None:
    settings = Settings(link_secret=None, data_dir=tmp_path / "data")
    token = links_for(settings).sign(LINK)
    assert links_for(settings).read(token, {"accept"}) == LINK
    assert [file.name for file in settings.data_dir.iterdir()] == [SECRET_FILE]
    assert stat.S_IMODE((settings.data_dir / SECRET_FILE).stat().st_mode) == 0o600
    with pytest.raises(BadLink):
        links_for(Settings(link_secret=None, data_dir=tmp_path / "other")).read(token, {"accept"})


@pytest.mark.parametrize("secret", ["", " \n", "short"])
def test_a_kept_secret_that_anybody_could_guess_is_refused(tmp_path: Path, secret: str) -> None:
    (tmp_path / SECRET_FILE).write_text(secret)
    with pytest.raises(WeakSecret, match=rf"{SECRET_FILE} can't be used: it (is empty|has 5 characters)"):
        links_for(Settings(link_secret=None, data_dir=tmp_path))


def test_what_is_signed_by_way_of_a_link_expires_with_it() -> None:
    day = timedelta(days=1)
    token = Links(["secret"], lambda: NOW).sign(LINK)
    derived = Links(["secret"], lambda: NOW + day).ending_with(token).sign(LINK)
    assert Links(["secret"], lambda: NOW + day).read(derived, {"accept"}, day) == LINK
    with pytest.raises(ExpiredLink):
        Links(["secret"], lambda: NOW + day + timedelta(seconds=1)).read(derived, {"accept"}, day)
    with pytest.raises(BadLink):
        Links(["another secret"]).ending_with(token)


def test_tokens_are_hidden_wherever_they_stand() -> None:
    address = f"http://127.0.0.1:8080/people/ana/deadlines.ics?token={TOKEN}"
    assert hidden(f"[Accept it](https://f.example.com/act/{TOKEN}), {address}.") == (
        "[Accept it](https://f.example.com/act/…), http://127.0.0.1:8080/people/ana/deadlines.ics?token=…."
    )
    assert hidden("/incidents/inc-0000000001/postmortem") == "/incidents/inc-0000000001/postmortem"
    for changed in (f"{TOKEN}x", f"{TOKEN}.html", f".{TOKEN}", f"and/{TOKEN}...", f"x{TOKEN}"):
        assert TOKEN[:20] not in hidden(changed)
        assert TOKEN[-20:] not in hidden(changed)
