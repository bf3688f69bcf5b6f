from django.urls import include, path

urlpatterns = [path("assistant/", include("shopassist.contrib.django.urls"))]
