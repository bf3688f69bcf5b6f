"""The example shop on Oscar under uvicorn, set up as scripts/oscar sets it up."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from servers import free_port, wait_for

ROOT = Path(__file__).parents[2]
FOLDERS = ROOT / "examples" / "oscar_shop", ROOT / "src", Path(__file__).parent, ROOT / "tests" / "contrib" / "django"
FILL = """
import django; django.setup()
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
settings.MIGRATION_MODULES = {config.label: None for config in apps.get_app_configs()}  # from the models: in seconds
call_command("migrate", run_syncdb=True, verbosity=0)
from yunji.sample import load
load()
"""


class OscarSite:
    """The shop in a folder of its own, or in a copy of another one's; ``with`` runs its server."""

    def __init__(self, folder, of=None, **values):
        self.folder, self.port = folder, free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        path = os.pathsep.join(map(str, FOLDERS))
        own = {"PYTHONPATH": path, "DJANGO_SETTINGS_MODULE": "yunji.settings", "OSCAR_SHOP_DATA": str(folder)}
        self._environment = {**os.environ, **own, "PYTHONWARNINGS": "ignore", **values}
        if of is not None:
            shutil.copytree(of.folder, folder, dirs_exist_ok=True)

    def fill(self):
        """Make the tables and load the sample shop."""
        subprocess.run([sys.executable, "-c", FILL], env=self._environment, check=True)

    def __enter__(self):
        self.begin()
        return self

    def __exit__(self, *error):
        self.end()

    def begin(self):
        server = ["uvicorn", "yunji.asgi:application", "--port", str(self.port), "--log-level", "warning"]
        self._server = subprocess.Popen([sys.executable, "-m", *server], env=self._environment)
        wait_for(self.address, self._server)

    def end(self):
        self._server.terminate()
        self._server.wait(20)
