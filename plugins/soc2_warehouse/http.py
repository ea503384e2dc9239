"""HTTP as every plain source reads it: a requests session that retries what may pass and counts what it sends.

429 and 5xx are repeated by urllib3 (Retry-After is honoured); any other error answer becomes ``Refused``.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

TIMEOUT_SECONDS = (10, 60)
RETRIED = (429, 500, 502, 503, 504)


class Refused(Exception):
    """A provider answered with an error that repeating will not cure."""

    def __init__(self, status: int, code: str, message: str, url: str = "") -> None:
        super().__init__(f"HTTP {status} {code}: {message}" + (f" ({url})" if url else ""))
        self.status, self.code, self.message, self.url = status, code, message, url


class BadBody(Exception):
    """A successful answer whose body is not the JSON it promised: the page is lost, and so is the table."""


class _Counting(HTTPAdapter):
    """Counts requests as sent, retries included, and how many answers were throttled."""

    def __init__(self, owner: Session, **options: Any) -> None:
        self.owner = owner
        super().__init__(**options)

    def send(self, *args: Any, **options: Any) -> requests.Response:
        response = super().send(*args, **options)
        history = getattr(response.raw, "retries", None)
        repeated = [entry.status for entry in history.history] if history else []
        with self.owner.lock:
            self.owner.calls += 1 + len(repeated)
            self.owner.throttled += repeated.count(429)
            self.owner.errors += sum(1 for status in repeated if status is None or status >= 500)
        return response


class Session(requests.Session):
    """A requests session with retries. ``calls``, ``throttled`` and ``errors`` count since it was made."""

    def __init__(self, headers: dict[str, str] | None = None, pool: int = 16, attempts: int = 5) -> None:
        super().__init__()
        self.lock = threading.Lock()
        self.calls = self.throttled = self.errors = 0
        retry = Retry(
            total=attempts,
            backoff_factor=0.2,
            backoff_max=30,
            status_forcelist=RETRIED,
            allowed_methods=None,  # reads only: providers' read endpoints that are POST may be repeated too
            respect_retry_after_header=True,
            raise_on_status=False,
        )
        adapter = _Counting(self, max_retries=retry, pool_maxsize=pool)
        self.mount("http://", adapter)
        self.mount("https://", adapter)
        self.headers.update(headers or {})


def session(headers: dict[str, str] | None = None) -> Session:
    """A new session that sends ``headers`` with every request."""
    return Session(headers)


def get(on: Session, url: str, **params: Any) -> requests.Response:
    """GET ``url``; raises Refused for an error answer, BadBody when a JSON answer cannot be read."""
    return request(on, "GET", url, params={key: value for key, value in params.items() if value is not None})


def request(on: Session, method: str, url: str, **options: Any) -> requests.Response:
    """Any request that only reads; errors as ``get``."""
    response = on.request(method, url, timeout=TIMEOUT_SECONDS, **options)
    if response.status_code >= 400:
        code, message = _error(response)
        raise Refused(response.status_code, code, message, url)
    if "json" in response.headers.get("Content-Type", "") and response.status_code != 304:
        try:
            response.json()
        except ValueError as error:
            raise BadBody(f"{method} {url}: the answer is not valid JSON ({error})") from error
    return response


def linked_pages(on: Session, url: str, **params: Any) -> Iterator[requests.Response]:
    """Every page of a list whose next page is named by a Link header (Okta, GitHub)."""
    response = get(on, url, **params)
    yield response
    while following := response.links.get("next", {}).get("url"):
        response = get(on, following)
        yield response


def count_boto(client: Any, counter: Session | Any) -> None:
    """Count every request a boto3 client sends on ``counter`` (its ``calls`` and ``throttled``)."""

    def sent(**_: Any) -> None:
        with counter.lock:
            counter.calls += 1

    def answered(response: Any = None, **_: Any) -> None:
        if response and response[0].status_code == 429:
            with counter.lock:
                counter.throttled += 1

    client.meta.events.register("before-send", sent)
    client.meta.events.register("needs-retry", answered)


class Counter:
    """What ``count_boto`` counts on when there is no session."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.calls = self.throttled = self.errors = 0


def _error(response: requests.Response) -> tuple[str, str]:
    """(code, message) from the error bodies of Okta, GitHub, PagerDuty and BambooHR."""
    try:
        body = response.json()
    except ValueError:
        return response.reason or "", response.text[:300]
    if not isinstance(body, dict):
        return response.reason or "", str(body)[:300]
    code = body.get("errorCode") or body.get("code") or response.reason or ""
    message = body.get("errorSummary") or body.get("message") or body.get("error") or ""
    return str(code), str(message)[:300]
