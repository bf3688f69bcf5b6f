"""The pictures of the docs, which the tests take: with WIDGET_PICTURES=1 they are written anew, else nothing is."""

import os
from io import BytesIO
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs" / "pictures" if os.environ.get("WIDGET_PICTURES") else None
COLOURS = 128
"""As many keep a picture small, and one sees no difference."""
MARGIN = 20


def taken(visit, *, whole=False):
    """A screenshot of the window and a little around it, or of the whole page, as PNG."""
    if whole:
        return visit.page.screenshot()
    box = visit.window.bounding_box()
    around = {"x": box["x"] - MARGIN, "y": box["y"] - MARGIN}
    return visit.page.screenshot(
        clip={**around, "width": box["width"] + 2 * MARGIN, "height": box["height"] + 2 * MARGIN}
    )


def keep(name, screenshot):
    """Write a picture, where pictures are asked for."""
    if FOLDER is None:
        return
    from PIL import Image

    FOLDER.mkdir(exist_ok=True)
    with Image.open(BytesIO(screenshot)) as image:
        _few(image).save(FOLDER / f"{name}.png", optimize=True)


class Film:
    """Screenshots one after the other, as an animated picture that begins again at its end."""

    def __init__(self, visit):
        self.visit, self.frames = visit, []

    def shoot(self, milliseconds):
        """Take what is seen now, for so long; what has not changed is seen longer."""
        frame = taken(self.visit)
        if self.frames and self.frames[-1][0] == frame:
            milliseconds += self.frames.pop()[1]
        self.frames.append((frame, milliseconds))

    def gif(self):
        """The film as GIF: what every page that shows the README can show."""
        from PIL import Image

        images = [Image.open(BytesIO(frame)).convert("RGB") for frame, _ in self.frames]
        palette = _few(self._sheet(images), 256)
        few = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]
        made = BytesIO()
        times = [milliseconds for _, milliseconds in self.frames]
        few[0].save(made, "GIF", save_all=True, append_images=few[1:], duration=times, loop=0, optimize=True)
        return made.getvalue()

    def keep(self, name):
        """Write it, where pictures are asked for."""
        if FOLDER is not None:
            (FOLDER / f"{name}.gif").write_bytes(self.gif())

    @staticmethod
    def _sheet(images):
        """All frames side by side: their colours are the film's."""
        from PIL import Image

        sheet = Image.new("RGB", (sum(image.width for image in images), max(image.height for image in images)))
        at = 0
        for image in images:
            sheet.paste(image, (at, 0))
            at += image.width
        return sheet


def _few(image, colours=COLOURS):
    from PIL import Image

    return image.convert("RGB").quantize(colours, dither=Image.Dither.NONE)
