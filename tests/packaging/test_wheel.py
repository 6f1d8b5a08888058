"""Build the wheel, install it into an environment that holds nothing of this folder, and start it from an empty one.

The dependencies are those of the environment that runs the tests, named by one ``.pth`` file, because nothing may be
fetched here: what is proven is that the wheel holds every file that the product needs and that nothing of the working
folder is read; that the index holds the pinned dependencies is proven by an install from the lock.
"""

import os
import subprocess
import sys
import sysconfig
import urllib.request
import venv
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.running import READY, free_port

REPOSITORY = Path(__file__).parents[2]
TOP = {
    "gateway": "the product",
    "workers": "what the Procfile and the services of systemd start; given as top level",
    "config": "what whoever runs the server edits, and its reading; given as top level",
    "menus": "the sample, which the first start publishes where there is no ./menus; given as top level",
}
"""Every name that the wheel puts into site-packages, and why."""


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _run(
        *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"),
        *("--wheel-dir", folder, REPOSITORY),
        cwd=folder,
    )
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a new environment with the wheel in it, and with the dependencies of this one beside it."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    _run(
        *(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index"),
        *("--no-compile", wheel),
        cwd=folder,
    )
    (site,) = (folder / "lib").glob("python*/site-packages")
    # A folder named in a .pth file is searched, but the .pth files in it are not read: the editable install stays out.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return folder / "bin"


def test_the_wheel_installs_no_other_name(wheel: Path) -> None:
    names = {Path(name).parts[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in names if not name.endswith(".dist-info")} == set(TOP)


def test_the_wheel_holds_what_git_holds_and_nothing_else(wheel: Path) -> None:
    listed = _run("git", "ls-files", "--", *TOP, cwd=REPOSITORY).splitlines()
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.split("/")[0] in TOP}
    assert packed == {name for name in listed if (REPOSITORY / name).exists()}


def test_the_installed_product_is_the_one_that_runs(installed: Path, tmp_path: Path) -> None:
    code = "import config, gateway, workers; print(gateway.__file__, config.__file__, workers.__file__)"
    shown = _run(installed / "python", "-c", code, cwd=tmp_path)
    assert all(file.startswith(str(installed.parent)) for file in shown.split())


def test_it_names_its_commands(installed: Path, tmp_path: Path) -> None:
    assert {"doctor", "menus", "up"} <= set(_run(installed / "gateway", "--help", cwd=tmp_path).split())


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_it_checks_and_tests_its_sample(installed: Path, tmp_path: Path) -> None:
    _run(installed / "gateway", "menus", "check", cwd=tmp_path)
    _run(installed / "gateway", "menus", "test", cwd=tmp_path)


@pytest.mark.slow
@pytest.mark.kills
@pytest.mark.timeout(240)
def test_one_command_starts_everything_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    port = str(free_port())
    with subprocess.Popen(
        [str(installed / "gateway"), "up"], cwd=tmp_path, env={**_environment(), "PORT": port},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            said = list(iter(process.stdout.readline, f"{READY}\n"))
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in", timeout=10) as page:
                assert page.status == 200
            assert any(f":{port}/" in line for line in said)
        finally:
            process.terminate()
            process.communicate(timeout=60)


def test_it_makes_its_web_application_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    """Upgrade the database, publish the sample, build the application, and read a page, a style sheet and a translation."""
    code = """
from config import settings
from gateway import bootstrap
from gateway.cli import first_start
from gateway.web.app import create_app
said = settings.from_process()
first_start.prepare_start(said, at_terminal=False)
parts = bootstrap.open_parts(said)
browser = create_app(parts, said, bootstrap.open_serials(parts)).test_client()
print(browser.get("/sign-in").status_code, browser.get("/sign-in", headers={"Accept-Language": "lo"}).status_code)
with parts.store.read() as tx:
    from gateway.storage import versions
    print(versions.find_live_id(tx, "helpline") is not None)
parts.store.close()
"""
    shown = _run(installed / "python", "-c", code, cwd=tmp_path)
    assert shown.splitlines()[-2:] == ["200 200", "True"]


def _run(program: Path | str, *words: Path | str, cwd: Path) -> str:
    """Run a program without anything of this process's settings and return what it prints."""
    done = subprocess.run(
        [str(program), *map(str, words)], cwd=cwd, env=_environment(), text=True, timeout=100,
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _environment() -> Mapping[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONDONTWRITEBYTECODE": "1"}
