"""The Redis of tests that keep sessions at hand; it is not emptied, every session has its key."""

from __future__ import annotations

import os

import pytest
import redis

REDIS = os.environ.get("CARA_TEST_SESSIONS_REDIS", "redis://127.0.0.1:6379/12")


def a_redis(url: str = REDIS) -> str:
    """The address of a Redis that answers; else the test is skipped, and fails in CI."""
    try:
        with redis.Redis.from_url(url) as server:
            server.ping()
    except redis.RedisError:
        if os.environ.get("CARA_REQUIRE_SERVICES") == "1":
            pytest.fail("CARA_REQUIRE_SERVICES=1, and no Redis answers")
        pytest.skip("no Redis answers")
    return url
