"""The list of products, and its search: Oscar's own need Solr or Elasticsearch, which an example has not."""

from django.db.models import Q
from django.utils.translation import gettext as _
from django.views.generic import ListView
from oscar.core.loading import get_model


class Products(ListView):
    template_name = "yunji/products.html"
    context_object_name = "products"
    paginate_by = 24

    @property
    def words(self):
        return self.request.GET.get("q", "").split()

    def get_queryset(self):
        found = get_model("catalogue", "Product").objects.browsable().base_queryset().order_by("upc")
        for word in self.words:
            found = found.filter(Q(title__icontains=word) | Q(description__icontains=word))
        return found

    def get_context_data(self, **more):
        summary = " ".join(self.words) or _("All products")
        return super().get_context_data(summary=summary, **more)
