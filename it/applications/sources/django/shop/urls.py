from django.conf import settings
from django.contrib import admin
from django.urls import path
from django.views.static import serve

from shop import views

urlpatterns = [
    path("admin/", admin.site.urls),
    path("static/<path:path>", serve, {"document_root": settings.STATIC_ROOT}),
    path("media/<path:path>", serve, {"document_root": settings.MEDIA_ROOT}),
    path("raw", views.raw),
    path("stream", views.stream),
    path("broken", views.broken),
    path("where/<path:rest>", views.where, name="where"),
]
