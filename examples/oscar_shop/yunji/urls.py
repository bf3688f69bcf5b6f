"""Oscar's pages, the assistant's views and the desk of its staff; the widget is in `templates/oscar/layout.html`."""

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.static import serve

from yunji.views import Products

urlpatterns = [
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("assistant/", include("shopassist.contrib.django.urls")),
    path("desk/", include("shopassist.contrib.django.desk_urls")),
    path("media/<path:path>", serve, {"document_root": settings.MEDIA_ROOT}),  # a real shop's web server does this
    path("catalogue/", Products.as_view()),
    path("search/", Products.as_view()),
    path("", include(apps.get_app_config("oscar").urls[0])),
]
