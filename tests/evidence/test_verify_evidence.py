"""The verifier in an exported folder: alone, with the standard library, and with the same answer as ``soc2 verify``."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from soc2_warehouse import settings as settings_module
from soc2_warehouse.cli import app
from soc2_warehouse.evidence import anchors, export, keys, seals, verify_evidence
from soc2_warehouse.evidence.home import Home
from soc2_warehouse.settings import Settings

from .conftest import FIRST, moment, nights
from .test_tampering import KINDS, flip


def alone(folder: Path, *arguments: str, without: str = "") -> subprocess.CompletedProcess[str]:
    """The verifier as an auditor runs it: no project, nothing installed but, perhaps, `cryptography`."""
    hide = f"import sys; sys.modules['{without}'] = None; " if without else ""
    code = f"{hide}import runpy, sys; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    command = [sys.executable, "-c", code, str(folder / "verify_evidence.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd="/", env={"PATH": "/usr/bin:/bin"})


@pytest.fixture(scope="module")
def exported_once(witnessed_once: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "package"
    assert export.export_chain(witnessed_once, folder).result.status == 0
    return folder


@pytest.fixture
def exported(exported_once: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(exported_once, tmp_path / "package"))


def test_the_verifier_needs_nothing_of_the_project() -> None:
    text = export.VERIFIER.read_text()
    assert "soc2_warehouse" not in text.replace("urn:soc2-warehouse", "")
    imported = {line.split()[1].split(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))}
    assert imported <= set(sys.stdlib_module_names) | {"__future__"}


def test_a_whole_export_verifies_alone(exported: Path, witnessed_once: Settings) -> None:
    told = alone(exported, str(exported), "--anchor", str(exported / "anchors" / "1"))
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith("30 entries in the chain, 30 objects computed again\n3 seals, 3 with a timestamp")
    assert told.stdout.endswith("Everything verifies.\n")
    assert (exported / "anchors" / "1" / "where.txt").read_text().strip() == witnessed_once.anchors[0]
    assert "No anchor was compared" in alone(exported, str(exported)).stdout
    assert not [path for path in exported.rglob("*") if path.is_file() and b"PRIVATE" in path.read_bytes()]


def test_without_cryptography_it_says_what_was_not_checked(exported: Path) -> None:
    told = alone(exported, str(exported), without="cryptography")
    assert told.returncode == 3
    assert "NOT CHECKED  signatures" in told.stdout and "Nothing is broken." in told.stdout
    flip(exported / KINDS["receipt"][0])
    assert alone(exported, str(exported), without="cryptography").returncode == 1


@pytest.mark.parametrize("kind", KINDS)
def test_it_gives_the_same_answer_as_the_home(
    witnessed: Settings, exported: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri, _ = KINDS[kind]
    for root in (witnessed.home, exported):
        flip(root / uri)
    there = alone(exported, str(exported), "--json", "--anchor", str(exported / "anchors" / "1"))
    here = verify_evidence.verify(Home(witnessed), anchors=[anchors.read(witnessed, witnessed.anchors[0])])
    answer, mine = json.loads(there.stdout), here.as_json()
    assert there.returncode == 1 and answer["first"]["file"] == uri
    # Where the anchor lies is told differently; nothing else.
    for name in ("status", "entries", "objects", "head", "seals", "first"):
        assert answer[name] == json.loads(json.dumps(mine[name])), name
    assert len(answer["problems"]) == len(mine["problems"])


def test_a_key_from_elsewhere_is_the_only_one_trusted(exported: Path, tmp_path: Path) -> None:
    (public,) = (exported / "ledger" / "keys").iterdir()
    assert alone(exported, str(exported), "--key", str(public)).returncode == 0
    other = nights(replace(settings_module.from_environment({"SOC2_HOME": str(tmp_path / "other")})), 1)
    (stranger,) = (other.ledger / "keys").iterdir()
    told = alone(exported, str(exported), "--key", str(stranger))
    assert told.returncode == 1 and "the signer is not known" in told.stdout


def test_an_export_of_some_days_has_only_their_objects(witnessed: Settings, tmp_path: Path) -> None:
    done = export.export_chain(witnessed, tmp_path / "part", FIRST, FIRST)
    assert done.result.status == 0 and done.result.objects == 10 and len(done.result.links) == 30
    assert not list((tmp_path / "part").rglob("day=2026-07-02"))
    told = alone(tmp_path / "part", str(tmp_path / "part"))
    assert told.returncode == 0 and "30 entries in the chain, 10 objects computed again" in told.stdout
    with pytest.raises(FileExistsError):
        export.export_chain(witnessed, tmp_path / "part")


def test_a_broken_chain_is_exported_as_it_is(witnessed: Settings, tmp_path: Path) -> None:
    (witnessed.home / KINDS["receipt"][0]).unlink()
    done = export.export_chain(witnessed, tmp_path / "broken")
    assert done.result.first and done.result.first.file == KINDS["receipt"][0]
    assert alone(tmp_path / "broken", str(tmp_path / "broken")).returncode == 1


def test_wrong_use(tmp_path: Path) -> None:
    assert alone(export.VERIFIER.parent, str(tmp_path)).returncode == 2


# Proofs


def test_one_file_and_one_control_run_are_proved_alone(witnessed: Settings, exported: Path, tmp_path: Path) -> None:
    uri, _ = KINDS["landed file"]
    proof = tmp_path / "proof.json"
    proof.write_text(json.dumps(seals.prove(witnessed, uri)))
    shown = alone(exported, "--proof", str(proof), "--object", str(witnessed.home / uri))
    assert (shown.returncode, shown.stdout) == (0, "The proof holds.\n")
    flip(exported / uri)
    assert alone(exported, "--proof", str(proof), "--object", str(exported / uri)).returncode == 1
    assert alone(exported, "--proof", str(proof), without="cryptography").returncode == 3

    run = seals.prove(witnessed, KINDS["control runs"][0], "AC-02")
    assert '"control_id":"AC-02"' in run["leaf"] and "AC-03" not in json.dumps(run)
    assert verify_evidence.check_proof(run, None) == []
    forged = run | {"leaf": run["leaf"].replace("pass", "fail")}
    assert verify_evidence.check_proof(forged, None) == ["the path does not lead to the root that was signed"]
    stranger = {"ab": b""}
    assert "not the key you gave" in verify_evidence.check_proof(run, None, stranger)[0]
    with pytest.raises(LookupError, match="in no seal"):
        seals.prove(witnessed, "landing/nothing")
    with pytest.raises(LookupError, match="AC-99"):
        seals.prove(witnessed, KINDS["control runs"][0], "AC-99")


def test_merkle_trees_are_those_of_rfc_6962() -> None:
    """The test vectors that implementations of Certificate Transparency share."""
    data = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]
    leaves = [verify_evidence.leaf_hash(bytes.fromhex(text)) for text in data]
    assert verify_evidence.merkle_root([]) == hashlib.sha256(b"").digest()
    for size, root in enumerate(roots, 1):
        assert verify_evidence.merkle_root(leaves[:size]).hex() == root
        for index in range(size):
            path = verify_evidence.merkle_path(index, leaves[:size])
            assert verify_evidence.root_of_path(index, size, leaves[index], path) == bytes.fromhex(root)
            if size > 1:
                assert verify_evidence.root_of_path(index, size, leaves[index - 1], path) != bytes.fromhex(root)
            assert verify_evidence.root_of_path(index, size, leaves[index], [*path, root.encode()]) is None


# The command line, and homes of before


@pytest.fixture
def command(witnessed: Settings, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("SOC2_ANCHOR", witnessed.anchors[0])
    settings_module.settings.cache_clear()
    return CliRunner()


def test_soc2_verify(witnessed: Settings, command: CliRunner, tmp_path: Path) -> None:
    assert not witnessed.build_file.exists(), "the home alone is enough"
    told = command.invoke(app, ["verify"])
    assert told.exit_code == 0 and "Everything verifies." in told.output
    assert "10 objects" in command.invoke(app, ["verify", "--day", "2026-07-02"]).output
    flip(witnessed.home / KINDS["judgement"][0])
    told = command.invoke(app, ["verify", "--json"])
    answer = json.loads(told.output)
    assert told.exit_code == 1 and answer["first"]["file"] == KINDS["judgement"][0]
    assert answer["first"]["expected"] and answer["first"]["found"] and answer["first"]["seq"] == 15
    told = command.invoke(app, ["verify"])
    assert f"BROKEN  {KINDS['judgement'][0]} (entry 15)" in told.output and "expected " in told.output
    assert command.invoke(app, ["verify", "--day", "2026-07-01"]).exit_code == 0, "only that day's objects are read"
    told = command.invoke(app, ["verify", "--anchor", str(tmp_path / "nothing")])
    assert told.exit_code == 1


def test_soc2_export_chain_and_prove(witnessed: Settings, command: CliRunner, tmp_path: Path) -> None:
    told = command.invoke(app, ["export-chain", str(tmp_path / "out")])
    assert told.exit_code == 0 and "Everything verifies." in told.output
    assert command.invoke(app, ["export-chain", str(tmp_path / "out")]).exit_code == 1
    told = command.invoke(app, ["prove", KINDS["control runs"][0], "--control", "AC-01"])
    assert verify_evidence.check_proof(json.loads(told.output), None) == []
    assert command.invoke(app, ["prove", "landing/nothing"]).exit_code == 1
    before = (witnessed.keys / keys.SIGNING).read_bytes()
    assert command.invoke(app, ["rotate-key"]).exit_code == 0
    assert (witnessed.keys / keys.SIGNING).read_bytes() != before


def test_a_home_made_before_there_were_seals_verifies_as_what_it_is(home: Settings) -> None:
    nights(home, 2)
    for name in ("seals", "keys"):
        shutil.rmtree(home.ledger / name)
    (home.ledger / "anchors.jsonl").unlink(missing_ok=True)
    found = verify_evidence.verify(Home(home))
    assert found.status == 0 and found.notes == ["NOT SIGNED: there is no seal; the hashes only agree with each other"]
    made = seals.seal(home, FIRST, moment(FIRST, 90))
    assert made and made.last_seq == 20, "the first seal covers everything that was there"
    assert verify_evidence.verify(Home(home)).seals[1].first_seq == 1
