"""The company is consistent, and its truth files say exactly what it plants: no more and no less, on every day."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
import yaml

import soc2_warehouse.sandbox as sandbox
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.rhythm import moment

FIRST = date(2026, 7, 1)
DAYS = [FIRST + timedelta(days=n) for n in (*range(20), 31, 62, 63, 93, 123, 124, 125, 126, 200, 270, 364)]
TRUTH = Path(sandbox.__file__).parent / "truth"
SIGN_IN = {"ACTIVE", "RECOVERY", "PASSWORD_EXPIRED", "LOCKED_OUT"}
ACCEPTED = {"push", "signed_nonce", "token:software:totp", "token:hardware", "webauthn"}
COMPANY = Company()


def as_of(day):
    return datetime.combine(day, time(2), UTC)


def truth(control, *codes, source=None):
    """day -> {(entity, code)} that the truth file plants."""
    document = yaml.safe_load((TRUTH / f"{control}.yml").read_text())
    lines = [line for line in document["violations"] + document.get("informational", []) if line["code"] in codes]
    assert lines, f"{control} plants no {codes}"

    def on(day):
        return {
            (line["entity"], line["code"])
            for line in lines
            if line["from"] <= day and (line["until"] is None or day <= line["until"])
            if source is None or f"|{source}|" in f"|{line['entity']}"
        }

    return on


def okta_at(now):
    return [user for user in COMPANY.okta_users if user.exists(now)]


def registered(source, now):
    return {line.account_id for line in COMPANY.service_accounts if line.source_id == source and line.listed(now)}


def test_about_sixty_people_and_the_accounts_they_need():
    now = as_of(FIRST)
    assert 58 <= len(COMPANY.active(now)) <= 68
    assert len(COMPANY.stable) == 29
    assert 20 <= sum(user.kind == "human" and user.exists(now) for user in COMPANY.aws_users) <= 28
    assert len({person.tz for person in COMPANY.active(now)}) >= 4
    assert len(COMPANY.apps) >= 25


def test_identifiers_are_unique():
    for ids in (
        [person.key for person in COMPANY.people],
        [user.user_id for user in COMPANY.okta_users],
        [user.login for user in COMPANY.okta_users],
        [user.user_id for user in COMPANY.aws_users],
        [key.access_key_id for user in COMPANY.aws_users for key in user.keys],
        [user.user_id for user in COMPANY.github_users],
        [user.login for user in COMPANY.github_users],
        [app.app_id for app in COMPANY.apps],
    ):
        assert len(ids) > 20 and len(set(ids)) == len(ids)
    assert {len(user.user_id) for user in COMPANY.okta_users} == {20}
    assert {len(key.access_key_id) for user in COMPANY.aws_users for key in user.keys} == {20}


def test_a_name_belongs_to_one_aws_user_at_a_time():
    for day in DAYS:
        names = [user.name for user in COMPANY.aws_users if user.exists(as_of(day))]
        assert len(set(names)) == len(names)
    assert sum(user.name == "maria.gomez" for user in COMPANY.aws_users) == 2


def test_nobody_has_more_than_two_keys():
    assert max(sum(k.exists(as_of(day)) for k in user.keys) for day in DAYS for user in COMPANY.aws_users) == 2


def test_the_seed_moves_activity_and_nothing_else():
    other = Company(seed=8)
    now = as_of(FIRST)
    assert [p.key for p in other.people] == [p.key for p in COMPANY.people]
    assert [u.status(now) for u in other.okta_users if u.exists(now)] == [u.status(now) for u in okta_at(now)]
    assert [u.last_login(now) for u in other.okta_users] != [u.last_login(now) for u in COMPANY.okta_users]
    assert [u.last_login(now) for u in Company().okta_users] == [u.last_login(now) for u in COMPANY.okta_users]


def test_the_past_does_not_change_as_time_passes():
    user = next(user for user in COMPANY.okta_users if user.user_id.endswith("E1006"))
    now = as_of(FIRST)
    later = list(user.sign_ins(now - timedelta(days=60), now + timedelta(days=60)))
    assert [at for at in later if at < now] == list(user.sign_ins(now - timedelta(days=60), now))
    assert user.last_login(now) == max(at for at in later if at <= now)


def test_mfa_violations_are_the_planted_ones():
    planted = truth("AC-01", "NO_ACTIVE_FACTOR", "ONLY_WEAK_FACTOR")
    for day in DAYS:
        now, found = as_of(day), set()
        for user in okta_at(now):
            since, status = user.status(now)
            able = status in SIGN_IN or (status == "PROVISIONED" and now - since > timedelta(days=14))
            service = user.kind == "service" and user.user_id in registered("okta", now)
            if not able or service or user.factors_denied:
                continue
            shown = [f for f in user.factors if f.created_at <= now and not (f.removed_at and f.removed_at <= now)]
            active = {f.type for f in shown if [s for at, s in f.statuses if at <= now][-1] == "ACTIVE"}
            if not active & ACCEPTED:
                code = "ONLY_WEAK_FACTOR" if active & {"sms", "call"} else "NO_ACTIVE_FACTOR"
                found.add((f"okta|{user.user_id}", code))
        assert found == planted(day), day


def test_stale_idp_accounts_are_the_planted_ones():
    planted = truth("AC-03", "STALE", "NEVER_USED", source="okta")
    for day in DAYS:
        now, found = as_of(day), set()
        for user in okta_at(now):
            if user.status(now)[1] not in SIGN_IN | {"PROVISIONED"}:
                continue
            last = user.last_login(now)
            limit = timedelta(days=30 if user.kind == "human" else 90)
            if last is None and now - user.created_at >= timedelta(days=30):
                found.add((f"okta|{user.user_id}", "NEVER_USED"))
            elif last is not None and now - last >= limit:
                found.add((f"okta|{user.user_id}", "STALE"))
        assert found == planted(day), day


def test_stale_cloud_accounts_are_the_planted_ones():
    planted = truth("AC-03", "STALE", "NEVER_USED", "STALE_CREDENTIAL", source="aws_iam")
    for day in DAYS:
        now, found = as_of(day), set()
        for user in COMPANY.aws_users:
            keys = [key for key in user.keys if key.exists(now) and key.status(now) == "Active"]
            if not user.exists(now) or not (user.password_enabled(now) or keys):
                continue
            limit = timedelta(days=90 if user.user_id in registered("aws_iam", now) else 30)
            credentials = [(key.last_used(now), key.created_at) for key in keys]
            if user.password_enabled(now):
                credentials.append((user.password_last_used(now), user.created_at))
            # The report tells a password's and an inactive key's last use too.
            uses = [user.password_last_used(now)] + [key.last_used(now) for key in user.keys if key.exists(now)]
            last = max((at for at in uses if at), default=None)
            if last is None and now - user.created_at >= timedelta(days=30):
                found.add((f"aws_iam|{user.user_id}", "NEVER_USED"))
            elif last is not None and now - last >= limit:
                found.add((f"aws_iam|{user.user_id}", "STALE"))
            elif any(now - (used or created) >= limit for used, created in credentials):
                found.add((f"aws_iam|{user.user_id}", "STALE_CREDENTIAL"))
        assert found == planted(day), day


def test_accounts_of_nobody_and_of_leavers_are_the_planted_ones():
    planted = truth("AC-16", "ORPHAN", "PERSON_INACTIVE")
    for day in DAYS:
        now, found = as_of(day), set()
        approved = {line.account_id for line in COMPANY.identity_overrides if line.listed(now) and line.approval(now)}
        accounts = [("okta", u.user_id, u.person_key) for u in okta_at(now) if u.status(now)[1] in SIGN_IN]
        accounts += [
            ("aws_iam", u.user_id, u.person_key)
            for u in COMPANY.aws_users
            if u.password_enabled(now) or any(k.exists(now) and k.status(now) == "Active" for k in u.keys)
        ]
        accounts += [
            ("github", str(u.user_id), u.person_key if u.saml_name_id or str(u.user_id) in approved else None)
            for u in COMPANY.github_users
            if u.member(now)
        ]
        for source, account, key in accounts:
            if account in registered(source, now):
                continue
            if key is None:
                found.add((f"{source}|{account}", "ORPHAN"))
                continue
            person = COMPANY.person(key)
            end = person.spells[-1].end_effective_at(person.tz)
            if end is not None and end < now - timedelta(hours=24) and person.spell_at(now) is None:
                found.add((f"{source}|{account}", "PERSON_INACTIVE"))
        assert found == planted(day), day


def test_late_removals_at_the_idp_are_the_planted_ones():
    planted = truth("AC-14", "LATE_REMOVAL", "NOT_REMOVED", source="okta")
    for day in DAYS:
        now, found = as_of(day), set()
        for user in COMPANY.okta_users:
            person = COMPANY.person(user.person_key) if user.person_key else None
            for spell in person.spells if person else ():
                end = spell.end_effective_at(person.tz)
                if end is None or end > now or end < moment("2026-01-01T00:00"):
                    continue
                later = [s for s in person.spells if s.start > spell.start]
                if later and later[0].start <= spell.end + timedelta(days=1):
                    continue
                removed = [at for at, status in user.statuses if status in ("DEPROVISIONED", "SUSPENDED") and at <= now]
                key = f"contractor:{person.contractor_id}" if spell.source == "contractors" else person.key
                entity, deadline = f"{key}:{spell.start}|okta|{user.user_id}", end + timedelta(hours=24)
                if not later and user.status(now)[1] in SIGN_IN and now > deadline:
                    found.add((entity, "NOT_REMOVED"))
                elif min(removed, default=now) > deadline:
                    found.add((entity, "LATE_REMOVAL"))
        assert found == planted(day), day


def test_a_leaver_uses_nothing_after_the_deadline_but_where_planted():
    planted = {entity for entity, _ in truth("AC-14", "LOGIN_AFTER_END")(FIRST)}
    found = set()
    for person in COMPANY.people:
        end = person.spells[-1].end_effective_at(person.tz)
        if end is None:
            continue
        after, horizon = end + timedelta(hours=24), moment("2027-07-01T00:00")
        for user in COMPANY.okta_users:
            if user.person_key == person.key and any(user.sign_ins(after, horizon)):
                found.add(user.user_id)
        for aws in COMPANY.aws_users:
            if aws.person_key == person.key:
                assert not any(aws.console_sign_ins(after, horizon))
                found |= {key.access_key_id for key in aws.keys if any(key.uses(after, horizon))}
    assert {entity.rpartition("|")[2] for entity in planted} == found


@pytest.mark.parametrize("control", ["AC-01", "AC-03", "AC-14", "AC-16", "EV-05"])
def test_truth_names_accounts_that_exist(control):
    document = yaml.safe_load((TRUTH / f"{control}.yml").read_text())
    known = (
        {user.user_id for user in COMPANY.okta_users}
        | {user.user_id for user in COMPANY.aws_users}
        | {key.access_key_id for user in COMPANY.aws_users for key in user.keys}
        | {str(user.user_id) for user in COMPANY.github_users}
        | {person.key for person in COMPANY.people}
    )
    lines = [line for part in ("violations", "near_misses", "unknown", "excluded") for line in document[part]]
    assert len(lines) > 10
    assert {line["entity"].rpartition("|")[2] for line in lines} <= known
