"""PyGithub's retries, counted."""

from __future__ import annotations

from typing import Any

from github.GithubRetry import GithubRetry

from soc2_warehouse.http import Counter


class Retry(GithubRetry):
    """GithubRetry that counts what it repeats, and repeats 429 too."""

    def __init__(self, counter: Counter | None = None, **options: Any) -> None:
        self.counter = counter or Counter()
        super().__init__(**options)

    def new(self, **options: Any) -> Retry:
        return super().new(counter=self.counter, **options)

    def increment(self, method: Any = None, url: Any = None, response: Any = None, *args: Any, **options: Any) -> Any:
        answer = super().increment(method, url, response, *args, **options)
        with self.counter.lock:
            self.counter.calls += 1
            status = response.status if response is not None else 0
            # 403 is repeated only when it means "slower".
            self.counter.throttled += status in (403, 429)
            self.counter.errors += status == 0 or status >= 500
        return answer
