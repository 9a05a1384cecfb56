"""What is said in a turn that is timed: the same words to every peer."""

from __future__ import annotations

HELP, CRITERION = "help is found", "a criterion is answered"
KINDS = (HELP, CRITERION)
# Each brings listings at once, and shows no danger.
ASKS = (
    "I drink too much, I live in SO14",
    "I have money worries",
    "I can't sleep and feel anxious",
    "I need somewhere to live in Portsmouth",
    "I want help with my drug use",
    "help with gambling near Winchester",
)
# The first criteria in their order, typed.
ANSWERS = (
    "he is 34",
    "he made a full admission",
    "yes",
    "common assault",
    "she is his wife",
    "dash is medium",
)
SAID = {HELP: ASKS, CRITERION: ANSWERS}
