"""The shop for an ASGI server, so that answers stream; it gives out Oscar's static files too, as `runserver` does."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yunji.settings")

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application

application = ASGIStaticFilesHandler(get_asgi_application())
