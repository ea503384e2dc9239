"""Superset's configuration. Needs, from the environment:

SUPERSET_SECRET_KEY   signs sessions; a long random text
SOC2_PUBLISHED_FILE   the published DuckDB file
SUPERSET_HOME         folder for Superset's own database: users, dashboards, nothing of the warehouse

Whatever is missing stops the start: no default would be safe.
"""

import os
from pathlib import Path

from flask_appbuilder.const import AUTH_DB


def _needed(name):
    value = os.environ.get(name, "")
    if not value:
        raise RuntimeError(f"{name} is not set: see superset_config.py")
    return value


SECRET_KEY = _needed("SUPERSET_SECRET_KEY")
if len(SECRET_KEY) < 32:
    raise RuntimeError("SUPERSET_SECRET_KEY is shorter than 32 characters: openssl rand -base64 42 makes one")
PUBLISHED = Path(_needed("SOC2_PUBLISHED_FILE"))
SQLALCHEMY_DATABASE_URI = f"sqlite:///{Path(_needed('SUPERSET_HOME')) / 'superset.db'}"
# Every answer is logged in it; who waits five seconds only, as SQLite does by itself, fails on a busy machine.
SQLALCHEMY_ENGINE_OPTIONS = {"connect_args": {"timeout": 60}}
SUPERSET_WEBSERVER_PORT = 8088

# People have accounts; whoever has none sees the login page and nothing else.
AUTH_TYPE = AUTH_DB
AUTH_USER_REGISTRATION = False
AUTH_ROLE_PUBLIC = "Public"
PUBLIC_ROLE_LIKE = None
GUEST_ROLE_NAME = "Public"
WTF_CSRF_ENABLED = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

# Nothing leaves: no pixel of a telemetry service, no map tiles, no fonts or scripts of others.
TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'", "data:"],
        "script-src": ["'self'", "'strict-dynamic'"],
        "frame-ancestors": ["'self'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    # Set when a proxy with TLS stands in front.
    "session_cookie_secure": os.environ.get("SUPERSET_BEHIND_TLS") == "yes",
}

# A new night shows at once: nothing of the published file is kept.
DATA_CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
RATELIMIT_STORAGE_URI = "memory://"

# The map of verdicts: gap, fail, not tested, pass. Each is a step of its own in grey tones too.
EXTRA_SEQUENTIAL_COLOR_SCHEMES = [
    {
        "id": "verdicts",
        "description": "gap, fail, not tested, pass",
        "label": "Verdicts",
        "isDiverging": False,
        "colors": ["#E8E8E8", "#8C1230", "#E0A526", "#2F7D4F"],
    }
]

PREVENT_UNSAFE_DB_CONNECTIONS = True
ALLOWED_EXTENSIONS = set()
FEATURE_FLAGS = {"ALERT_REPORTS": False, "ENABLE_TEMPLATE_PROCESSING": False}


def DB_CONNECTION_MUTATOR(uri, params, username, security_manager, source):
    """Every DuckDB connection is this file, read-only, and reaches nothing beside it.

    Superset opens a connection per query (no pool), so the file of a new night is read by the next query.
    """
    if uri.drivername.split("+")[0] != "duckdb":
        raise ValueError("this Superset reads the published DuckDB file and nothing else")
    config = {"enable_external_access": "false", "lock_configuration": "true", "threads": "2"}
    return uri.set(database=str(PUBLISHED), query={}), params | {"connect_args": {"read_only": True, "config": config}}
