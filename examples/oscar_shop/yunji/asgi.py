"""The shop under an ASGI server, so that answers stream; it gives out Oscar's static files too, as `runserver` does."""

import os

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yunji.settings")
application = ASGIStaticFilesHandler(get_asgi_application())
