import subprocess
import sys
import zipfile
from importlib.util import find_spec

import pytest

from shopassist.errors import DocumentError
from shopassist.knowledge.sources import read

installed = pytest.mark.skipif(
    not all(map(find_spec, ("langchain_community", "docx2txt", "pypdf"))),
    reason="the extra loaders is not installed: pip install 'shopassist[loaders]'",
)
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def docx(path, *paragraphs):
    body = "".join(f"<w:p><w:r><w:t>{p}</w:t></w:r></w:p>" for p in paragraphs)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>')


def pdf(path, line):
    page = f"BT /F1 12 Tf 72 720 Td ({line}) Tj ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        "/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        f"<< /Length {len(page)} >>\nstream\n{page}\nendstream",
    ]
    text, places = "%PDF-1.4\n", []
    for number, value in enumerate(objects, start=1):
        places.append(len(text))
        text += f"{number} 0 obj\n{value}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    text += f"xref\n0 5\n0000000000 65535 f \n{table}trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n{len(text)}\n%%EOF"
    path.write_text(text)


@installed
def test_a_word_file_is_a_document(tmp_path):
    docx(tmp_path / "gift.docx", "礼品包装", "下单时可以选择礼品包装，每件 5 元。")
    (found,) = read(tmp_path / "gift.docx")
    assert "每件 5 元" in found.text
    assert found.language == "zh"


@installed
def test_a_pdf_is_a_document(tmp_path):
    pdf(tmp_path / "wrapping.pdf", "Gift wrapping costs 5 yuan for each item you order.")
    (found,) = read(tmp_path / "wrapping.pdf")
    assert "5 yuan" in found.text
    assert found.language == "en"


@installed
@pytest.mark.parametrize("name", ["broken.pdf", "broken.docx"])
def test_a_broken_file_is_named(tmp_path, name):
    (tmp_path / name).write_bytes(b"no such thing")
    with pytest.raises(DocumentError, match=name):
        list(read(tmp_path / name))


def test_without_the_extra_it_is_named(tmp_path):
    docx(tmp_path / "a.docx", "文字")
    code = """
import sys
sys.modules["langchain_community"] = None  # as where it is not installed
from pathlib import Path
from shopassist.errors import DocumentError
from shopassist.knowledge.sources import read
try:
    list(read(Path(sys.argv[1])))
except DocumentError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.docx")], capture_output=True, text=True, check=True
    )
    assert "a.docx" in done.stdout
    assert "pip install 'shopassist[loaders]'" in done.stdout
