"""Small measures that give back what Rasa 3.6.21 spends without need, and nothing else.

Each is guarded by Rasa's version and has a test that shows its gain (docs/decisions/0003).
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import SimpleNamespace
from typing import Any

import aiohttp
import rasa
from jsonschema import Draft202012Validator
from rasa.core import processor
from rasa.core.actions import action
from rasa.core.actions.action import Action, RemoteAction
from rasa.core.policies import rule_policy
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.policies.rule_policy import RULES, RulePolicy
from rasa.core.processor import MessageProcessor
from rasa.engine.graph import GraphSchema
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

KNOWN_VERSION = "3.6.21"
# Seconds for which an action is waited for. Whoever asked has been told to try again after 2.5
# (bot/channels/rasa_client.py); Rasa's own 300 are longer than its lock of the conversation.
LONGEST_CALL = 5
_MOST_STATES = 5_000
# Of the message, what an action reads (actions/turn.py).
_READ = ("text", "intent", "metadata")
# The name of an action, the rule that says it, and whether a loop goes on.
Found = tuple[str | None, str | None, bool]
Predicted = tuple[Action, PolicyPrediction]
# What an answer of an action holds.
_ANSWER = {"events", "responses"}


class UnknownRasaError(RuntimeError):
    """Another Rasa than the one that these measures were written for."""


def apply() -> None:
    """Apply every measure once; raises :class:`UnknownRasaError` on any other version."""
    if rasa.__version__ != KNOWN_VERSION:
        raise UnknownRasaError(f"patches are for Rasa {KNOWN_VERSION}, this is {rasa.__version__}")
    _compile_action_schema_once()
    DaskGraphRunner.run = _run_in_a_known_order
    EndpointConfig.session = _kept_session
    action.DEFAULT_REQUEST_TIMEOUT = LONGEST_CALL
    RulePolicy._find_action_from_rules = _by_intent_alone(RulePolicy._find_action_from_rules)
    RulePolicy._get_possible_keys = _found_once(RulePolicy._get_possible_keys)
    RemoteAction._action_call_format = _what_actions_read
    MessageProcessor.predict_next_with_tracker_if_should = _then_listens(
        MessageProcessor.predict_next_with_tracker_if_should
    )
    action.default_actions = _made_once(action.default_actions)
    # What they copy is for lines of a log that nobody has turned on.
    rule_policy.copy = processor.copy = SimpleNamespace(deepcopy=lambda kept: kept)
    # It warns of each entity that the domain does not name: ours need not be there, for actions
    # alone read them.
    MessageProcessor._check_for_unseen_features = lambda _self, _parsed: None


def _compile_action_schema_once() -> None:
    """Rasa builds and checks a JSON schema anew at every call of an action."""
    validator = Draft202012Validator(RemoteAction.action_response_format_spec())

    def validate(_self: RemoteAction, result: dict[str, Any]) -> bool:
        # Ours say something, and change nothing of Rasa's by an event.
        if result.keys() != _ANSWER or result["events"] or not _objects(result["responses"]):
            validator.validate(result)
        return True

    RemoteAction._validate_action_result = validate


def _objects(told: Any) -> bool:
    return isinstance(told, list) and all(isinstance(each, dict) for each in told)


def _what_actions_read(self: RemoteAction, tracker: DialogueStateTracker, _domain: Domain) -> Any:
    """Rasa tells an action all that it has, the message twice and what else it might have meant.

    Our actions read the message and what was found in it.
    """
    said = tracker.latest_message
    parsed = said.parse_data if said else {}
    message = {name: parsed.get(name) for name in _READ}
    return {
        "next_action": self.name(),
        "sender_id": tracker.sender_id,
        "tracker": {
            "sender_id": tracker.sender_id,
            "latest_message": message | {"entities": said.entities if said else []},
        },
        "version": KNOWN_VERSION,
    }


def _run_in_a_known_order(
    self: DaskGraphRunner,
    inputs: dict[str, Any] | None = None,
    targets: list[str] | None = None,
) -> dict[str, Any]:
    """Rasa builds the graph of its components anew for each message and each prediction.

    And has it scheduled by a library for clusters, three times a turn. What each needs never
    changes, so the order is found once and then followed.
    """
    wanted = tuple(targets or self._graph_schema.target_names)
    orders = self.__dict__.setdefault("_orders", {})
    if wanted not in orders:
        schema = self._graph_schema.minimal_graph_schema(list(wanted))
        orders[wanted] = _in_order(schema)
    done = {name: (name, value) for name, value in (inputs or {}).items()}
    for name, needs in orders[wanted]:
        done[name] = self._instantiated_nodes[name](*(done.get(each, each) for each in needs))
    return {name: done[name][1] for name in wanted}


def _in_order(schema: GraphSchema) -> list[tuple[str, list[str]]]:
    """Each node with what it needs, after all that it needs; what comes from outside is no node."""
    needs = {name: list(node.needs.values()) for name, node in schema.nodes.items()}
    order: dict[str, list[str]] = {}

    def place(name: str) -> None:
        if name in needs and name not in order:
            for each in needs[name]:
                place(each)
            order[name] = needs[name]

    for name in needs:
        place(name)
    return list(order.items())


def _by_intent_alone(find: Callable[..., Found]) -> Callable[..., Found]:
    """Rasa looks for rules about a message's very words first; we have none, so there are none."""

    def found(
        self: RulePolicy,
        tracker: DialogueStateTracker,
        domain: Domain,
        use_text_for_last_user_input: bool,
    ) -> Found:
        if "_about_words" not in self.__dict__:
            self._about_words = any('"text"' in key for key in self.lookup[RULES])
        if use_text_for_last_user_input and not self._about_words:
            return None, None, False
        return find(self, tracker, domain, use_text_for_last_user_input)

    return found


def _found_once(keys: Callable[..., set[str]]) -> Callable[..., set[str]]:
    """Rasa tries each rule at each state of each turn; which of them fit a state never changes.

    A state holds intents, entities and actions by name, and no words of anybody.
    """

    def found(self: RulePolicy, lookup: dict[str, str], states: list[State]) -> set[str]:
        known = self.__dict__.setdefault("_known_keys", {})
        asked = (id(lookup), len(lookup), json.dumps(states, sort_keys=True, default=repr))
        if asked not in known:
            if len(known) >= _MOST_STATES:
                known.clear()
            known[asked] = keys(self, lookup, states)
        return set(known[asked])

    return found


def _then_listens(predict: Callable[..., Predicted]) -> Callable[..., Predicted]:
    """Rasa asks its policies after each action what comes next; where every rule ends there, it
    listens, and nobody need be asked.
    """

    def found(self: MessageProcessor, tracker: DialogueStateTracker) -> Predicted:
        if "_last_actions" not in self.__dict__:
            self._last_actions = _last_actions(self)
        if tracker.latest_action_name not in self._last_actions:
            return predict(self, tracker)
        listening = action.action_for_name_or_text(
            ACTION_LISTEN_NAME, self.domain, self.action_endpoint
        )
        named = (self.domain, ACTION_LISTEN_NAME, RulePolicy.__name__)
        return listening, PolicyPrediction.for_action_name(*named)

    return found


def _last_actions(processor: MessageProcessor) -> frozenset[str]:
    """The actions after which each rule that has them listens."""
    nodes = processor.graph_runner._instantiated_nodes.values()
    policies = [each._component for each in nodes if isinstance(each._component, RulePolicy)]
    after: dict[str, set[str]] = {}
    for states, then in (rule for each in policies for rule in each.lookup[RULES].items()):
        before = json.loads(states)[-1]["prev_action"].get("action_name", "")
        after.setdefault(before, set()).add(then)
    return frozenset(name for name, then in after.items() if name and then == {ACTION_LISTEN_NAME})


def _made_once(make: Callable[..., list[Action]]) -> Callable[..., list[Action]]:
    """Rasa makes its dozen own actions anew to look one of them up, twice a turn."""
    made: dict[int, tuple[Any, list[Action]]] = {}

    def actions(action_endpoint: EndpointConfig | None = None) -> list[Action]:
        at = id(action_endpoint)
        if at not in made:
            made[at] = (action_endpoint, make(action_endpoint))
        return list(made[at][1])

    return actions


def _kept_session(self: EndpointConfig) -> AbstractAsyncContextManager[aiohttp.ClientSession]:
    """Rasa opens a connection for every call of an action, and closes it again.

    As many are kept as there are calls at once: those that hang must not stand in the others' way.
    """

    @asynccontextmanager
    async def lent() -> AsyncIterator[aiohttp.ClientSession]:
        if getattr(self, "kept", None) is None:
            self.kept = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        yield self.kept

    return lent()
