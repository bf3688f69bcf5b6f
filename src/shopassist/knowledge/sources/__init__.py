"""Where documents come from: files of many kinds, and places that are no files (a site, a database, a program)."""

from shopassist.knowledge.sources.files import SUFFIXES, contents, read
from shopassist.knowledge.sources.findings import Broken, Remark, Skipped
from shopassist.knowledge.sources.folders import check_name, exists, files, name, skipped, walk
from shopassist.knowledge.sources.limits import Limits
from shopassist.knowledge.sources.records import Records

__all__ = [
    "SUFFIXES",
    "Broken",
    "Limits",
    "Records",
    "Remark",
    "Skipped",
    "check_name",
    "contents",
    "exists",
    "files",
    "name",
    "read",
    "skipped",
    "walk",
]
