"""The assistant in a Django shop: ``"shopassist.contrib.django"`` in `INSTALLED_APPS`.

`shopassist.contrib.django.assistant.get_assistant` gives the process's assistant. Nothing is read, opened or contacted
before the first use.
"""
