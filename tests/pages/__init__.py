"""Every page in a real browser, on the real web process without Rasa."""

import pytest

# So that a page with a barrier says which.
pytest.register_assert_rewrite("tests.pages.looking")
