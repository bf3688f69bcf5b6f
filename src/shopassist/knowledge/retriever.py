"""The shop's pages for LangChain's own chains."""

from __future__ import annotations

from datetime import date
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever


class PageRetriever(BaseRetriever):
    """Finds passages as LangChain documents; the metadata hold what a citation needs."""

    knowledge: Any
    language: str
    limit: int = 4

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        found = self.knowledge.search(query, language=self.language, valid_on=date.today(), limit=self.limit)
        return [
            Document(
                page_content=p.section or p.text,
                metadata={
                    "document": p.document,
                    "version": p.version,
                    "title": p.title,
                    "url": p.url,
                    "score": p.score,
                },
            )
            for p in found
        ]
