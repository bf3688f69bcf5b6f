"""Where the desk is: ``path("desk/", include("shopassist.contrib.django.desk_urls"))``.

It stands by itself and not below the admin: who answers customers needs no admin, and a shop without one has a desk.
"""

from django.urls import path

from shopassist.contrib.django import desk_views

app_name = "shopassist_desk"

urlpatterns = [
    path("", desk_views.page, name="page"),
    path("queue/", desk_views.queue, name="queue"),
    path("events/", desk_views.events, name="events"),
    path("presence/", desk_views.presence, name="presence"),
    path("leave/", desk_views.leave, name="leave"),
    path("<str:handoff>/", desk_views.one, name="one"),
    path("<str:handoff>/claim/", desk_views.claim, name="claim"),
    path("<str:handoff>/messages/", desk_views.messages, name="messages"),
    path("<str:handoff>/say/", desk_views.say, name="say"),
    path("<str:handoff>/release/", desk_views.release, name="release"),
    path("<str:handoff>/give-back/", desk_views.give_back, name="give_back"),
    path("<str:handoff>/close/", desk_views.close, name="close"),
    path("<str:handoff>/orders/", desk_views.orders, name="orders"),
    path("<str:handoff>/suggestions/", desk_views.suggestions, name="suggestions"),
]
