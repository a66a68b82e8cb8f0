"""In CI a skipped test fails the run and is named; elsewhere it does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CONFTEST = Path(__file__).resolve().parents[1] / "conftest.py"

FILES = {
    "test_one.py": "import pytest\ndef test_good():\n    pass\ndef test_left_out():\n    pytest.skip('no reason')\n",
    "test_two.py": "import pytest\npytest.skip('no module', allow_module_level=True)\n",
    "test_three.py": "import pytest\n@pytest.mark.xfail\ndef test_known():\n    assert False\n",
}


def run(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text(CONFTEST.read_text("utf-8"), "utf-8")
    for name, body in FILES.items():
        (folder / name).write_text(body, "utf-8")
    kept = {key: value for key, value in os.environ.items() if key != "CI" and not key.startswith("PYTEST")}
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)],
        env=kept | environment, cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_skip_fails_in_ci_and_is_named(tmp_path: Path) -> None:
    done = run(tmp_path, CI="true")
    assert done.returncode == 1, done.stdout
    assert "test_one.py::test_left_out: Skipped: no reason" in done.stdout
    assert "test_two.py: Skipped: no module" in done.stdout
    assert "test_known:" not in done.stdout, "a known failure did run"


def test_a_skip_elsewhere_does_not_fail(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 0, done.stdout
    assert "2 skipped" in done.stdout
