"""Where the views are: ``path("assistant/", include("shopassist.contrib.django.urls"))``."""

from django.urls import path

from shopassist.contrib.django import views
from shopassist.contrib.django.views import exempt

app_name = "shopassist"

_ONE = "conversations/<str:conversation>/"

urlpatterns = [
    path("conversations/", exempt(views.Conversations), name="conversations"),
    path(_ONE, exempt(views.Conversation), name="conversation"),
    path(f"{_ONE}messages/", exempt(views.Messages), name="messages"),
    path(f"{_ONE}resume/", exempt(views.Resume), name="resume"),
    path(f"{_ONE}stop/", exempt(views.Stop), name="stop"),
    path(f"{_ONE}feedback/", exempt(views.Feedback), name="feedback"),
    path("cards/", exempt(views.Cards), name="cards"),
    path("openapi.json", views.description, name="openapi"),
]
