"""A picture of each product of the sample shop, drawn: nobody's photographs are needed, and no network."""

from io import BytesIO

from PIL import Image, ImageDraw

SIDE, FINE = 480, 3
"""Pixels of a picture's side; how much larger it is drawn, so that its edges come out smooth."""
INK, PALE, BRIGHT = "#2f3640", "#ffffff", "#7f8fa6"


def picture(product: str) -> bytes:
    """The picture of a product, by its id, as PNG."""
    ground, draw = SHAPES[product]
    image = Image.new("RGB", (SIDE * FINE, SIDE * FINE), ground)
    draw(_Pen(ImageDraw.Draw(image)))
    made = BytesIO()
    image.resize((SIDE, SIDE), Image.Resampling.LANCZOS).quantize(64, dither=Image.Dither.NONE).save(made, "PNG")
    return made.getvalue()


class _Pen:
    """Shapes in hundredths of the side."""

    def __init__(self, draw):
        self._draw = draw

    def _at(self, *places):
        return [place * SIDE * FINE / 100 for place in places]

    def box(self, *places, fill=INK, round=4):
        self._draw.rounded_rectangle(self._at(*places), self._at(round)[0], fill)

    def disc(self, x, y, radius, fill=INK):
        self._draw.ellipse(self._at(x - radius, y - radius, x + radius, y + radius), fill)

    def arc(self, *places, begin, end, width, fill=INK):
        self._draw.arc(self._at(*places), begin, end, fill, int(self._at(width)[0]))


def _earbuds(ink):
    def draw(pen):
        for x, away in ((34, -1), (66, 1)):
            pen.box(x - 4, 40, x + 4, 78, fill=ink)
            pen.disc(x + 2 * away, 36, 14, fill=ink)
            pen.disc(x + 8 * away, 36, 6, fill=BRIGHT)

    return draw


def _headphones(pen):
    pen.arc(20, 18, 80, 86, begin=180, end=360, width=6)
    for x in (16, 68):
        pen.box(x, 50, x + 16, 82, round=8)
        pen.box(x + 4, 56, x + 12, 76, fill=BRIGHT, round=4)


def _keyboard(pen):
    pen.box(12, 34, 88, 68, round=5)
    for row, y in enumerate((39, 48)):
        for key in range(9):
            pen.box(
                16 + key * 7.7, y, 21.5 + key * 7.7, y + 6, fill="#e1b12c" if (row, key) == (0, 0) else PALE, round=1
            )
    pen.box(32, 57, 68, 63, fill=PALE, round=1)


def _mouse(pen):
    pen.box(33, 20, 67, 82, round=17)
    pen.box(49, 22, 51, 44, fill=BRIGHT, round=1)
    pen.box(47, 30, 53, 42, fill=PALE, round=3)


def _watch(pen):
    pen.box(39, 10, 61, 90, fill=BRIGHT, round=5)
    pen.box(30, 28, 70, 72, round=11)
    pen.box(34, 32, 66, 68, fill="#273c75", round=8)
    pen.arc(40, 40, 60, 60, begin=-90, end=170, width=3, fill="#4cd137")


def _band(pen):
    pen.box(42, 8, 58, 92, fill=BRIGHT, round=8)
    pen.box(39, 28, 61, 72, round=10)
    pen.box(46, 38, 54, 56, fill="#4cd137", round=3)


def _power_bank(pen):
    pen.box(30, 18, 70, 84, fill=PALE, round=7)
    for n in range(4):
        pen.disc(41 + n * 6, 72, 1.6, fill="#4cd137" if n < 3 else BRIGHT)
    pen.box(44, 23, 56, 27, fill=INK, round=2)


def _charger(pen):
    for x in (40, 54):
        pen.box(x, 14, x + 6, 34, fill=BRIGHT, round=1)
    pen.box(28, 30, 72, 82, fill=PALE, round=8)
    for y in (48, 58):
        pen.box(43, y, 57, y + 5, round=2)
    pen.box(42, 68, 58, 74, fill=BRIGHT, round=1)


def _purifier(pen):
    pen.box(32, 12, 68, 88, fill=PALE, round=9)
    pen.disc(50, 26, 8, fill=INK)
    pen.disc(50, 26, 5, fill="#4cd137")
    for n in range(7):
        pen.box(38, 46 + n * 5.5, 62, 48 + n * 5.5, fill=BRIGHT, round=1)


def _monitor(pen):
    pen.box(46, 64, 54, 82)
    pen.box(32, 80, 68, 85, round=2)
    pen.box(10, 18, 90, 68, round=3)
    pen.box(13, 21, 87, 65, fill="#487eb0", round=2)


def _ear_tips(pen):
    for x, radius in ((24, 10), (48, 13), (77, 16)):
        pen.disc(x, 50, radius, fill=PALE)
        pen.disc(x, 50, radius * 0.45, fill=BRIGHT)


SHAPES = {
    "P-1001": ("#dcdde1", _earbuds(INK)),
    "P-1002": ("#d6e4f0", _earbuds(PALE)),
    "P-1003": ("#f5e6cc", _headphones),
    "P-2001": ("#d7e9df", _keyboard),
    "P-2002": ("#e8dff0", _mouse),
    "P-3001": ("#f7dfd8", _watch),
    "P-3002": ("#dfe9f5", _band),
    "P-4001": ("#cfd9c8", _power_bank),
    "P-4002": ("#d9d2c5", _charger),
    "P-5001": ("#c8dadb", _purifier),
    "P-6001": ("#e6e6e6", _monitor),
    "P-8001": ("#e3d3da", _ear_tips),
}
