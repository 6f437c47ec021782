"""A CAS server in one file, by django-cas-server as it is, with one user.

    django_server.py DIRECTORY PORT CERTIFICATE KEY

The user is `test` with the password `test`, and has the attributes of django-cas-server's own
example. Services on this machine are served, told all attributes, and sent logout messages.
REQUESTS_CA_BUNDLE names the authority of their certificates.
"""

import sys

import django
from django.conf import settings

import serving

directory, port, certificate, key = sys.argv[1:]
settings.configure(
    SECRET_KEY="only for this test", ALLOWED_HOSTS=["localhost"], ROOT_URLCONF=__name__,
    USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.AutoField", STATIC_URL="/static/",
    CSRF_TRUSTED_ORIGINS=["https://localhost:%s" % port],
    DATABASES={"default": {
        "ENGINE": "django.db.backends.sqlite3", "NAME": directory + "/database",
        "OPTIONS": {"timeout": 20},
    }},
    INSTALLED_APPS=[
        "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
        "django.contrib.messages", "cas_server",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.locale.LocaleMiddleware",
    ],
    TEMPLATES=[{
        "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
        "OPTIONS": {"context_processors": [
            "django.template.context_processors.request",
            "django.contrib.messages.context_processors.messages",
        ]},
    }],
    SESSION_COOKIE_NAME="upstreamsession", CSRF_COOKIE_NAME="upstreamcsrf",
    CAS_AUTH_CLASS="cas_server.auth.TestAuthUser", CAS_NEW_VERSION_HTML_WARNING=False,
)
django.setup()

from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.urls import include, path

urlpatterns = [path("cas/", include("cas_server.urls", namespace="cas_server"))]
call_command("migrate", verbosity=0)

from cas_server.models import ReplaceAttributName, ServicePattern

pattern = ServicePattern.objects.create(
    pos=1, name="this machine", pattern="^https://(localhost|127\\.0\\.0\\.1):.*$",
    single_log_out=True)
ReplaceAttributName.objects.create(name="*", replace="", service_pattern=pattern)
serving.serve(get_wsgi_application(), port, certificate, key)
