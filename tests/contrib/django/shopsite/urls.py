from django.apps import apps
from django.urls import include, path, re_path

urlpatterns = [
    path("assistant/", include("shopassist.contrib.django.urls")),
    path("desk/", include("shopassist.contrib.django.desk_urls")),
]
if apps.is_installed("django.contrib.admin"):
    from django.contrib import admin
    from django.contrib.staticfiles.views import serve

    urlpatterns += [path("admin/", admin.site.urls), re_path("^static/(?P<path>.*)$", serve, {"insecure": True})]
