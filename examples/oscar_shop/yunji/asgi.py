"""The shop under an ASGI server, where answers come sentence by sentence: uvicorn yunji.asgi:application."""

import os

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yunji.settings")
application = ASGIStaticFilesHandler(get_asgi_application())
