"""Anchors outside: a locked bucket, signed tags; what failed is done in the next night."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from soc2_warehouse import chain
from soc2_warehouse.evidence import anchors, seals, verify_evidence, witness
from soc2_warehouse.evidence.home import Home
from soc2_warehouse.settings import Settings

from .conftest import FIRST, Bucket, judge, land, moment, night, nights


def git(repository: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(repository), *arguments], check=True, capture_output=True, text=True
    ).stdout.strip()


def verified(settings: Settings, *targets: str) -> verify_evidence.Result:
    read = [anchors.read(settings, target) for target in targets or settings.anchors]
    return verify_evidence.verify(Home(settings), anchors=read)


@pytest.fixture
def locked(home: Settings, bucket: Bucket) -> Settings:
    return nights(replace(home, anchors=(bucket.url,), retention_days=30), 2)


@pytest.fixture
def tagged(home: Settings, repository: Path) -> Settings:
    return nights(replace(home, anchors=(f"git:{repository}",)), 2)


# A bucket


def objects(bucket: Bucket) -> tuple[str, list[str]]:
    name = bucket.url.split("/")[2]
    listed = bucket.client.list_objects_v2(Bucket=name)  # type: ignore[attr-defined]
    return name, [item["Key"] for item in listed["Contents"]]


def test_each_seal_is_locked_in_the_bucket(locked: Settings, bucket: Bucket) -> None:
    name, keys = objects(bucket)
    assert keys == ["evidence/00001-2026-07-01.json", "evidence/00002-2026-07-02.json"]
    head = bucket.client.head_object(Bucket=name, Key=keys[0])  # type: ignore[attr-defined]
    assert head["ObjectLockMode"] == "COMPLIANCE"
    left = head["ObjectLockRetainUntilDate"] - datetime.now(UTC)
    assert timedelta(days=28) < left < timedelta(days=31)
    body = bucket.client.get_object(Bucket=name, Key=keys[1])["Body"].read()  # type: ignore[attr-defined]
    assert body == seals.load(locked.ledger, 2).content
    assert verified(locked).status == 0


def test_a_later_version_and_a_deletion_hide_nothing(locked: Settings, bucket: Bucket) -> None:
    """Whoever holds our credentials can put another version on top; the first one counts, and two of them show."""
    name, keys = objects(bucket)
    bucket.client.delete_object(Bucket=name, Key=keys[1])  # type: ignore[attr-defined]
    assert verified(locked).status == 0
    bucket.client.put_object(Bucket=name, Key=keys[1], Body=seals.load(locked.ledger, 1).content)  # type: ignore[attr-defined]
    assert verified(locked).status == 0, "the seal of another night under this name changes nothing"
    with pytest.raises(anchors.NotAnchored, match="another seal"):
        anchors.put(locked, bucket.url, replace(seals.load(locked.ledger, 1), day=date(2026, 7, 2), seal=2))


def test_a_bucket_that_is_not_there_is_tried_again(home: Settings, bucket: Bucket) -> None:
    missing = "s3://nobody-made-this/evidence"
    settings = replace(home, anchors=(missing, bucket.url))
    lacks = night(settings, FIRST)
    assert len(lacks) == 1 and lacks[0].startswith(f"not anchored at {missing} since {FIRST}: ")
    assert night(settings, FIRST + timedelta(days=1))[0].startswith(f"not anchored at {missing} since {FIRST}")
    found = verified(settings, bucket.url)
    assert found.problems == [], "the other anchor has both nights"
    found = verified(settings, missing)
    assert found.first and (found.first.file, found.first.code) == (missing, "UNREADABLE")
    bucket.client.create_bucket(Bucket="nobody-made-this", ObjectLockEnabledForBucket=True)  # type: ignore[attr-defined]
    assert verified(settings, missing).notes == [f"{missing}: not anchored since {FIRST} (seal 1)"]
    assert night(settings, FIRST + timedelta(days=2)) == []
    assert verified(settings).status == 0 and verified(settings).notes == []


def test_what_was_anchored_and_is_gone_from_the_anchor_is_named(locked: Settings, bucket: Bucket) -> None:
    """A bucket that its owner threw away and made again is not the anchor it was."""
    emptied = replace(anchors.read(locked, bucket.url), heads={})
    found = verify_evidence.verify(Home(locked), anchors=[emptied]).first
    assert found and found.code == "OBJECT_MISSING" and found.file.startswith(bucket.url)


def test_a_second_seal_of_a_night_is_told(locked: Settings, bucket: Bucket, tmp_path: Path) -> None:
    """Whoever has the key and the credentials writes the last night anew, and puts it over the first."""
    again = replace(locked, home=tmp_path / "again", anchors=())
    shutil.copytree(locked.keys, again.keys)
    shutil.copytree(locked.ledger, again.ledger)
    shutil.rmtree(again.ledger / "seals" / "00002")
    forged = seals.seal(again, FIRST + timedelta(days=1), moment(FIRST, 9))
    assert forged
    name, keys = objects(bucket)
    bucket.client.put_object(Bucket=name, Key=keys[1], Body=forged.content)  # type: ignore[attr-defined]
    found = verified(locked).first
    assert found and found.code == "UNREADABLE" and "a second seal 2 that differs" in str(found.found)
    lacks = night(locked, FIRST + timedelta(days=2))
    assert lacks == [], "the newest one is in order"


def test_a_landing_zone_in_a_bucket_is_verified_the_same_way(home: Settings, bucket: Bucket) -> None:
    zone = bucket.url.replace("/evidence", "/landing")
    settings = nights(replace(home, landing_url=zone), 2)
    found = verified(settings)
    assert found.problems == [] and found.objects == 20
    name, keys = objects(bucket)
    (receipt,) = (key for key in keys if "_receipts/day=2026-07-02/okta.users" in key)
    bucket.client.put_object(Bucket=name, Key=receipt, Body=b"{}")  # type: ignore[attr-defined]
    bucket.client.put_object(Bucket=name, Key="landing/_receipts/day=2026-07-01/x.y/z.json", Body=b"{}")  # type: ignore[attr-defined]
    problems = [(problem.file, problem.code) for problem in verified(settings).problems]
    assert problems == [(receipt, "HASH_MISMATCH"), ("landing/_receipts/day=2026-07-01/x.y/z.json", "CHAIN_BROKEN")]


# git


def test_each_seal_is_a_signed_tag(tagged: Settings, repository: Path, tmp_path: Path) -> None:
    assert git(repository, "tag").split() == ["evidence/00001-2026-07-01", "evidence/00002-2026-07-02"]
    assert "-----BEGIN SSH SIGNATURE-----" in git(repository, "cat-file", "tag", "evidence/00001-2026-07-01")
    assert git(repository, "ls-remote", "--tags", "origin").count("refs/tags/evidence/") == 4, "tags and what they name"
    signers = tmp_path / "signers"
    (public,) = verify_evidence.public_keys(Home(tagged)).values()
    signers.write_text(f"* {verify_evidence.ssh_key(public)}\n")
    git(repository, "-c", f"gpg.ssh.allowedSignersFile={signers}", "verify-tag", "evidence/00002-2026-07-02")
    found = verified(tagged)
    assert found.status == 0 and found.notes == []


def test_tags_removed_here_are_still_at_the_remote(tagged: Settings, repository: Path) -> None:
    git(repository, "tag", "-d", "evidence/00002-2026-07-02")
    assert verified(tagged).status == 0


def test_a_tag_that_somebody_else_signed(tagged: Settings, repository: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(other)], check=True)
    settings = replace(tagged, git_key=other)
    night(settings, FIRST + timedelta(days=2))
    assert verified(settings).status == 0, "its public key lies beside the one that was configured"
    found = verified(tagged).first
    assert found and found.code == "UNREADABLE" and "o principal" in str(found.found)


def test_a_tail_written_anew_does_not_replace_a_tag(tagged: Settings, repository: Path) -> None:
    """The same night again, from the same key, in a home that forgot it."""
    again = replace(
        tagged, home=tagged.home.parent / "again", landing_url=str(tagged.home.parent / "again" / "landing")
    )
    again.keys.mkdir(parents=True)
    (again.keys / "signing.pem").write_bytes((tagged.keys / "signing.pem").read_bytes())
    land(again, "users", FIRST, 3)
    judge(again, FIRST)
    lacks = witness.conclude(again, FIRST, moment(FIRST, 40))
    assert "is there already, and is another seal" in str(lacks[0])
    found = verified(again).first
    assert found and (found.file, found.code) == ("ledger/seals/00001/seal.json", "CHAIN_BROKEN")


def test_a_repository_that_is_not_there(home: Settings, tmp_path: Path) -> None:
    settings = replace(home, anchors=(f"git:{tmp_path / 'nowhere'}",))
    assert night(settings, FIRST)[0].startswith(f"not anchored at git:{tmp_path / 'nowhere'} since {FIRST}")
    assert verified(settings).status == 1
    subprocess.run(["git", "init", "--quiet", str(tmp_path / "nowhere")], check=True)
    assert night(settings, FIRST + timedelta(days=1)) == []
    assert verified(settings).status == 0


def test_a_remote_that_does_not_answer_is_pushed_to_later(tagged: Settings, repository: Path) -> None:
    away = repository.parent / "away.git"
    (repository.parent / "remote.git").rename(away)
    assert night(tagged, FIRST + timedelta(days=2))[0].startswith("not anchored at git:")
    away.rename(repository.parent / "remote.git")
    assert night(tagged, FIRST + timedelta(days=3)) == []
    assert "00003" in git(repository, "ls-remote", "--tags", "origin")


def test_an_anchor_by_hand_still_counts(home: Settings) -> None:
    nights(home, 1)
    chain.anchor(home, "ticket SEC-1", moment(FIRST, 60))
    assert night(home, FIRST + timedelta(days=1)) == []
    checks = chain.verify(home)
    assert [check.external_anchor for check in checks if check.external_anchor] == ["ticket SEC-1"]
    assert [check.problem for check in checks if check.problem] == []
