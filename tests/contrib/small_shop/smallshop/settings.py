"""A tea shop's project."""

import os
from pathlib import Path

SECRET_KEY = "for tests"
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "shopassist.contrib.django",
    "smallshop",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
ROOT_URLCONF = "shopassist.contrib.django.urls"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": Path(os.environ["SMALL_SHOP_DATA"]) / "tea.db",
        "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL;", "timeout": 20},
    }
}
SHOPASSIST = {
    "SHOP": "smallshop.shop.TeaShop",
    "CUSTOMER_ID": "smallshop.shop.code_of",
    "MODEL": "none",
    "EMBEDDINGS": "none",
    "DATA_DIR": os.environ["SMALL_SHOP_DATA"],
}
