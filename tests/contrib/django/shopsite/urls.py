from django.apps import apps
from django.contrib.auth.views import LogoutView
from django.urls import include, path, re_path

from shopsite import pages

urlpatterns = [
    path("", pages.shop, name="shop"),
    path("product/<str:product>/", pages.shop, name="product"),
    path("login/<str:name>/", pages.login_as, name="login"),
    path("logout/", LogoutView.as_view(next_page="shop"), name="logout"),
    path("assistant/", include("shopassist.contrib.django.urls")),
    path("desk/", include("shopassist.contrib.django.desk_urls")),
]
if apps.is_installed("django.contrib.admin"):
    from django.contrib import admin
    from django.contrib.staticfiles.views import serve

    urlpatterns += [path("admin/", admin.site.urls), re_path("^static/(?P<path>.*)$", serve, {"insecure": True})]
