"""What the assistant knows of the catalogue."""

from shopassist.contrib.django.pages import Pages, markdown, register
from shopsite.models import Feature, Gadget


@register(Gadget)
class GadgetPages(Pages):
    tags = ("product",)
    title = "{name}"
    url = None
    depends = {Feature: "gadget"}  # noqa: RUF012

    def queryset(self):
        return Gadget.objects.filter(is_public=True).prefetch_related("features", "makers")

    def text(self, gadget):
        features = "\n".join(f"{f.name}：{f.value}。" for f in gadget.features.all())
        makers = "、".join(m.name for m in gadget.makers.all())
        return (
            f"{markdown(gadget.description)}\n{features}\n产地：{makers}" if gadget.description != "broken" else 1 / 0
        )
