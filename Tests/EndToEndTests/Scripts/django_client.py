"""A Django project in one file whose users come from a CAS server, by django-cas-ng as it is.

    django_client.py DIRECTORY PORT CERTIFICATE KEY CAS

`/` tells who is logged in, `/proxied?service=URL` gets a proxy ticket for another service; both
answer with JSON. REQUESTS_CA_BUNDLE names the authority of the CAS server's certificate.
"""

import sys

import django
from django.conf import settings

import serving

directory, port, certificate, key, cas = sys.argv[1:]
address = "https://localhost:%s" % port
settings.configure(
    SECRET_KEY="only for this test", ALLOWED_HOSTS=["localhost"], ROOT_URLCONF=__name__,
    USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    DATABASES={"default": {
        "ENGINE": "django.db.backends.sqlite3", "NAME": directory + "/database",
        "OPTIONS": {"timeout": 20},
    }},
    INSTALLED_APPS=[
        "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
        "django.contrib.messages", "django_cas_ng",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    AUTHENTICATION_BACKENDS=["django_cas_ng.backends.CASBackend"],
    CAS_SERVER_URL=cas + "/", CAS_VERSION="3", CAS_PROXY_CALLBACK=address + "/callback",
)
django.setup()

import django_cas_ng.models
import django_cas_ng.views
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import path


def who(request):
    return JsonResponse({
        "user": request.user.get_username(),
        "attributes": request.session.get("attributes", {}),
        "granting": django_cas_ng.models.ProxyGrantingTicket.objects.filter(
            session_key=request.session.session_key).count(),
        "unclaimed": django_cas_ng.models.ProxyGrantingTicket.objects.filter(
            session_key=None).count(),
    })


def proxied(request):
    try:
        ticket = django_cas_ng.models.ProxyGrantingTicket.retrieve_pt(
            request, request.GET["service"])
    except django_cas_ng.models.ProxyError as error:
        return JsonResponse({"error": str(error)}, status=502)
    return JsonResponse({"ticket": ticket})


urlpatterns = [
    path("", who),
    path("proxied", proxied),
    path("login", django_cas_ng.views.LoginView.as_view(), name="cas_ng_login"),
    path("logout", django_cas_ng.views.LogoutView.as_view(), name="cas_ng_logout"),
    path("callback", django_cas_ng.views.CallbackView.as_view(), name="cas_ng_proxy_callback"),
]
call_command("migrate", verbosity=0)
serving.serve(get_wsgi_application(), port, certificate, key)
