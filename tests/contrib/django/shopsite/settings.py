"""A small project: its database, its primary keys and its middleware are told by the environment."""

import os
from pathlib import Path

from shopsite import dj_url

HERE = Path(os.environ.get("SITE_FOLDER", "."))
SECRET_KEY = "for tests"
ALLOWED_HOSTS = ["*"]
DEBUG = False
ROOT_URLCONF = "shopsite.urls"
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
LANGUAGE_CODE = "zh-hans"
DEFAULT_AUTO_FIELD = f"django.db.models.{os.environ.get('SITE_KEYS', 'BigAutoField')}"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "shopassist.contrib.django",
    "shopsite",
]
if not os.environ.get("SITE_BARE"):
    INSTALLED_APPS += ["django.contrib.messages", "django.contrib.admin"]
AUTH_USER_MODEL = "shopsite.Shopper"
MIDDLEWARE = [
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "shopsite.middleware.BasketMiddleware",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STATIC_URL = "/static/"
LOGIN_URL = "/login/li/"
CONTEXT = ("django.template.context_processors.request", "django.contrib.auth.context_processors.auth")
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": [*CONTEXT, "django.contrib.messages.context_processors.messages"]},
    }
]
SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": HERE / "shop.db",
    "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL; PRAGMA secure_delete=ON;", "timeout": 20},
}
DATABASES = {"default": dj_url.parsed(os.environ["SITE_DATABASE"]) if os.environ.get("SITE_DATABASE") else SQLITE}
DATABASES["default"]["ATOMIC_REQUESTS"] = bool(os.environ.get("SITE_ATOMIC"))
DATABASE_ROUTERS = ["shopsite.routers.Router"]
SHOPASSIST = {
    "SHOP": os.environ.get("SITE_SHOP", "shopsite.shop.Shop"),
    "ASSISTANT": "shopsite.assistants.make",
    "MODEL": "none",
    "MODEL_CALLS": 64,
    "EMBEDDINGS": "none",
    "DATA_DIR": os.environ.get("SITE_DATA", ".shopassist"),
    "THROTTLE_USER": os.environ.get("SITE_THROTTLE_USER", ""),
    "THROTTLE_IP": os.environ.get("SITE_THROTTLE_IP", ""),
    "ANSWER_CACHE": int(os.environ.get("SITE_ANSWER_CACHE", "1000")),
    "KEEP_ALIVE": float(os.environ.get("SITE_KEEP_ALIVE", "15")),
}
