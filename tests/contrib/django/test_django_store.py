"""The ORM's store and ledger, held to what every store and ledger must hold to."""

import pytest

from shopassist.contrib.django.ledger import DjangoLedger
from shopassist.contrib.django.store import DjangoStore
from shopassist.testing import ConversationStoreConformance
from shopassist.testing.ledgers import LedgerConformance


class TestStoreOnSqlite(ConversationStoreConformance):
    @pytest.fixture(autouse=True)
    def _place(self, sqlite_site):
        pass

    def make_store(self, clock):
        return DjangoStore(clock)


class TestStoreOnPostgres(ConversationStoreConformance):
    @pytest.fixture(autouse=True)
    def _place(self, postgres_site):
        pass

    def make_store(self, clock):
        return DjangoStore(clock)


class TestLedgerOnSqlite(LedgerConformance):
    @pytest.fixture(autouse=True)
    def _place(self, sqlite_site):
        pass

    def make_ledger(self):
        return DjangoLedger()


class TestLedgerOnPostgres(LedgerConformance):
    @pytest.fixture(autouse=True)
    def _place(self, postgres_site):
        pass

    def make_ledger(self):
        return DjangoLedger()
