"""What people type to ask what we hold, or to have it deleted; and the words that answer them."""

from __future__ import annotations

import re

import pytest

from bot.channels import own_data
from core.words import keys
from outreach.texts.revealing import reveals
from tests.unit.test_words import (
    BANNED,
    FEWEST_WORDS_GRADED,
    HIGHEST_GRADE,
    LONGEST_SENTENCE,
    grade,
    numbers,
    sentences,
    spoken,
)

HELD = """
what do you hold about me
What do you know about me?
what data have you got on me
what info do you have on me
what have you got on me
what do you have stored about me
what have you saved about me
what do u know about me
tell me what you know about me
can you tell me what you hold about me please
show me my data
can i see my data
give me my data
what data do you hold
what is held about me
what's in my file
do you keep anything about me
do you have any info on me
list everything you know about me
what information about me do you have
Subject access request
i want to see what you have on me
what’s on my record?
what personal data do you keep
Co o mnie wiecie?
co macie o mnie
jakie dane o mnie macie
jakie macie o mnie dane
pokaż moje dane
co jest o mnie zapisane
proszę o dostęp do moich danych
ਤੁਹਾਡੇ ਕੋਲ ਮੇਰੇ ਬਾਰੇ ਕੀ ਹੈ?
ਮੇਰੇ ਬਾਰੇ ਕੀ ਪਤਾ ਹੈ
ਤੁਸੀਂ ਮੇਰੇ ਬਾਰੇ ਕੀ ਜਾਣਦੇ ਹੋ
ਮੇਰੀ ਜਾਣਕਾਰੀ ਦਿਖਾਓ
mere bare ki pata hai
tuhade kol mere bare ki hai
"""
DELETE = """
delete my data
Delete everything
DELETE IT
forget me
please delete all my data
erase everything you have on me
wipe my messages
remove my details
get rid of my data
delete this chat
delete all messages
delete what i said
delete everything i told you
i want my data deleted
i want you to delete my data
can you delete everything about me
forget everything i told you
forget everything you know about me
I want to be forgotten
how do i delete my data
delete my phone number
delete
usuń moje dane
usuńcie wszystko
skasuj to
proszę usunąć moje dane
proszę o usunięcie moich danych
zapomnij o mnie
chcę usunąć wszystkie moje dane
usuń tę rozmowę
ਮੇਰਾ ਡਾਟਾ ਮਿਟਾਓ
ਸਭ ਕੁਝ ਮਿਟਾ ਦਿਓ
ਮੇਰੀ ਜਾਣਕਾਰੀ ਮਿਟਾ ਦਿਓ
ਇਹ ਗੱਲਬਾਤ ਮਿਟਾ ਦਿਓ
mera data delete karo
sab kuch mita dio
"""
NEITHER = """
what do you know about gambling
what do you know
what do you have
what have you got for me
what do you have for me
what do they know about me
tell me what you have
what information do you have
what can you do
what do you want from me
what do you think about me
what does she know about me
what did she tell you about me
who can see this
do the police see this
do you know my name
show me services
tell me about me and my drinking
what do you do with my data
forget it
forget about it
forget him
never mind
i want to forget everything
i drink to forget
delete my number from her phone
delete her number
she deleted my messages
he made me delete everything
how do i delete facebook
i want to delete my instagram
clear my record
how do i clear my record
get rid of it
get rid of everything
i want to erase myself
delete me from her life
remove me from the house
destroy everything
my past
co wiecie o piciu
co masz dla mnie
usuń jej numer
usuń mój numer z jej telefonu
zapomnij
zapomnij o tym
chcę usunąć ząb
skasowała moje wiadomości
ਸ਼ਰਾਬ ਬਾਰੇ ਕੀ ਪਤਾ ਹੈ
ਉਸ ਦਾ ਨੰਬਰ ਮਿਟਾਓ
ਭੁੱਲ ਜਾਓ
ਮੇਰੀ ਮਦਦ ਕਰੋ
ਉਸ ਦੇ ਫ਼ੋਨ ਤੋਂ ਮੇਰਾ ਨੰਬਰ ਮਿਟਾਓ
yes
1
"""


def listed(lines: str) -> list[str]:
    return lines.strip().splitlines()


# Reading, which needs nothing


@pytest.mark.parametrize("said", listed(HELD))
def test_who_asks_what_we_hold_is_understood(said: str) -> None:
    assert own_data.wish_of(said) == "held"


@pytest.mark.parametrize("said", listed(DELETE))
def test_who_wants_it_deleted_is_understood(said: str) -> None:
    assert own_data.wish_of(said) == "delete"


@pytest.mark.parametrize(
    "said", [*listed(NEITHER), "", " ", "\ud800", "delete it " * 40, "?" * 999]
)
def test_what_only_sounds_like_it_is_neither(said: str) -> None:
    assert own_data.wish_of(said) == ""


KEYS = [key for key in keys() if key.startswith(("utter_own_", "utter_label_own_", "utter_link_"))]


@pytest.mark.parametrize("key", KEYS)
def test_its_words_are_plain_in_english_and_whole_in_each_language(key: str) -> None:
    said = {language: each.text for language, each in keys()[key].items()}
    assert set(said) == {"en", "pl", "pa"}
    assert len({tuple(sorted(re.findall(r"\{\w+\}", text))) for text in said.values()}) == 1
    assert len({text.count("\n") for text in said.values()}) == 1
    assert {numbers(text) == numbers(said["en"]) for text in said.values()} == {True}
    assert max(len(spoken(part)) for part in sentences(said["en"])) <= LONGEST_SENTENCE
    if len(spoken(said["en"])) >= FEWEST_WORDS_GRADED:
        assert grade(said["en"]) <= HIGHEST_GRADE
    for language, banned in BANNED.items():
        assert not re.findall(rf"(?<!\w)(?:{banned})", said[language], re.IGNORECASE)
    assert not any(reveals(text) for text in said.values())
