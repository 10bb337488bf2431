import hashlib
import os
import time

from django.http import JsonResponse, StreamingHttpResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
def raw(request):
    """Reads block by block what may have come without a length."""
    digest = hashlib.sha256()
    for block in iter(lambda: request.read(8192), b""):
        digest.update(block)
    return JsonResponse({"sha256": digest.hexdigest(), "path": request.path})


def stream(request):
    def chunks():
        yield "first"
        deadline = time.monotonic() + 60
        while not os.path.exists(request.GET["seen"]) and time.monotonic() < deadline:
            time.sleep(0.01)
        yield "second"

    return StreamingHttpResponse(chunks(), content_type="text/plain")


def where(request, rest):
    """What Django takes the path, and links to it, to be."""
    facts = {
        "rest": rest,
        "path": request.path,
        "uri": request.build_absolute_uri(),
        "link": reverse("where", args=[rest]),
    }
    return JsonResponse(facts)


def broken(request):
    raise LookupError("broken on purpose")
