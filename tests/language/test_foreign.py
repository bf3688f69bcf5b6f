import pytest

from shopassist.language.foreign import foreign


@pytest.mark.parametrize(
    "text",
    [
        "Quand est-ce que ma commande arrive ?",
        "¿Dónde está mi pedido?",
        "Wann kommt meine Bestellung?",
        "Quando arriva il mio ordine?",
        "Onde está o meu pedido?",
    ],
)
def test_other_languages_are_told(text):
    assert foreign(text)


@pytest.mark.parametrize(
    "text",
    [
        "where is my order",
        "wheres my stuff",
        "K87 vs M3",
        "ok",
        "Does the Pro come with a USB-C cable?",
        "la la land headphones please",
        "any discount code for first time buyers",
    ],
)
def test_english_is_english(text):
    assert not foreign(text)
