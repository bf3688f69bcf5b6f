"""What shops have between the session and the view."""


class BasketMiddleware:
    """As Oscar's: puts something lazy on the request, and looks at the response's cookies afterwards."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.basket = ("anonymous", request.user.is_authenticated)
        response = self.get_response(request)
        response.cookies.get("basket")
        return response
