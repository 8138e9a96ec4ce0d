"""A Django site that is django-oci and nothing else. It writes to the folder that it is started in."""

import os

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.urls import include, path

settings.configure(
    DEBUG=False,
    LOGGING={
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"stderr": {"class": "logging.StreamHandler"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
    },
    SECRET_KEY="of a test bed",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "rest_framework",
        "rest_framework.authtoken",
        "django_oci",
    ],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db", "OPTIONS": {"timeout": 20}}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    DATA_UPLOAD_MAX_MEMORY_SIZE=None,
    MEDIA_ROOT=os.getcwd(),
    DJANGO_OCI={
        "DISABLE_AUTHENTICATION": True,
        # Django refuses absolute ones, which django-oci 0.0.17 makes of any other.
        "MEDIA_ROOT": "images",
        "CACHE_DIR": "uploads",
        "DOMAIN_URL": os.environ["URL"],
        "VIEW_RATE_LIMIT": "1000000/h",
    },
)
django.setup()
# django-oci ships no migrations.
call_command("migrate", run_syncdb=True, verbosity=0)
# Requests that come together do not wait for each other's locks.
connection.cursor().execute("PRAGMA journal_mode = WAL")

urlpatterns = [path("", include("django_oci.urls"))]
application = get_wsgi_application()
