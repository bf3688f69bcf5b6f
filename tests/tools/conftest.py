import pytest
from tiny_shop import NOW, TinyShop

from shopassist.messages import Customer
from shopassist.tools import ToolContext


@pytest.fixture
def shop():
    return TinyShop()


@pytest.fixture
def context():
    return ToolContext(Customer("u-1"), NOW)
