"""Django has one project a process: the tests on other projects than `shopsite` run in processes of their own."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NEEDS = {"oscar": ("oscar", "sorl"), "small_shop": ("django",)}


@pytest.mark.parametrize("folder", NEEDS)
def test_the_project_passes_its_tests(folder):
    for needed in NEEDS[folder]:
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"{needed} is not installed")
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("DJANGO_", "PYTEST_", "SITE_"))}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(HERE / folder)]
    done = subprocess.run(command, env=kept, cwd=HERE.parents[1], capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
