from django.contrib.auth.views import LogoutView
from django.urls import include, path

from shopsite import pages

urlpatterns = [
    path("", pages.shop, name="shop"),
    path("product/<str:product>/", pages.shop, name="product"),
    path("login/<str:name>/", pages.login_as, name="login"),
    path("logout/", LogoutView.as_view(next_page="shop"), name="logout"),
    path("assistant/", include("shopassist.contrib.django.urls")),
]
