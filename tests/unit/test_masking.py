"""What identifies a person is taken out before Rasa; what the criteria need stays in."""

from __future__ import annotations

from datetime import date

import pytest

from bot.channels import masking
from bot.channels.masking import masked

# Each line is a sentence as people type it; between « and » stands what must not be left.
STRUCTURED = """
ring me on «07700 900982» after six
my mobiles «07700900982» but dont leave messages
+44: «+44 7700 900 982»
you can get him on «07700-900-123» or «07700 900 124»
his landline is «020 7946 0018»
call the station «0121 496 0123» ext 4
text «0044 7700 900222» please
my number is «+44 (0)7700 900333»
zadzwoń do mnie «07700 900456»
polski numer «+48 601 234 567»
ਮੇਰਾ ਨੰਬਰ «07700 900789» ਹੈ
0770 is how it starts: «0770 0900 111»
email me at «alex.example@example.com»
its «ALEX_91@mail.example.co.uk», all lower case
mój mail to «alex@example.pl»
«alex at example dot com» is my email
send it to «a.example at example.co dot uk» ta
crime number «44260123456»
crime ref «12/45678/26»
the URN is «06/AA/12345/26»
urn «06AB12345/26»
custody record «HA/04417/26»
custody no «HA/1234/26» bed 4
occurrence number «44260098765» linked to that one
log «1234/23» refers
PNC ID «91/123456A»
born «14/9/1991»
dob «14.09.91»
his date of birth is «14 September 1991»
D.O.B: «14-09-1991»
«14th of Sept 1991» is when she was born
he was born on the «1st January 2001»
im «14/09/1991» and from Leigh Park
dob «1991-09-14»
urodzony «14 września 1991»
born «September 14, 1991» in Ryde
I live at «12 Mill Lane»
i live at «12 high street» and im 32
he moved to «flat 3, 14 Acacia Gardens» last week
address «221b Baker Street»
nominal address «4 St James Close», his mums
«7 The Hard Way» is where it happened
«15 oak tree road» southampton
they live together at «Flat 9» above the shop
I'm near SO14 «2AA» if that helps
postcode is gu11«1aa»
my postcode: B1 «1BB», cant travel
"""
NAMES = """
my name is «Alex Example»
my name is «dave» and i drink
my names «Kirsty»
hi im called «Tom» and i need help
he's called «Dean Parker» and he is 34
the suspect is called «Marcus O'Neill», full admission
suspect's name is «Ravinder Singh Gill»
his name is «lee» , ex partner
victim's name is «Sarah-Jane Cole» she wants him to get help
her name's «Nicola»
Name: «Piotr Kowalczyk»
surname: «Okonkwo»
full name is «Jean-Luc Fournier»
call me «Baz»
he goes by «Smithy»
known as «Jonno» locally
«»Mr «Whitfield» has admitted it
spoke to Mrs «Okafor» next door
PC «Ashworth» took the statement
my wife «Emma» left on friday
slapped his girlfriend «Chloe» last night
ex-partner, «Danielle Wright», says it was once
my daughter «Maisie» was upstairs
son «Jayden» saw it
his brother «Kyle» rang us
this is «Gary»
I'm «Stephen» and I drink too much
nazywam się «Marek Nowak» i piję
mam na imię «Agnieszka»
jestem «Tomasz», szukam pomocy
moja żona «Katarzyna» odeszła
mera naam «Gurpreet» hai te main sharab peenda
ਮੇਰਾ ਨਾਮ «ਗੁਰਪ੍ਰੀਤ» ਹੈ
ਮੇਰਾ ਨਾਂ «ਹਰਜੀਤ ਸਿੰਘ» ਹੈ
i told «Shaz» to leave
me and «Leanne» split up
«Darren» hit her once, 32, full admission
"""
PASSING = [
    "32, girlfriend, slapped her last night, full admission, DASH came out standard, she wants "
    "him to get help not go to court",
    "been smoking weed every day since I was 15 and I want to stop, I'm in Aldershot",
    "drugs and some stuff that happened when I was a kid",
    "cant sleep, nightmares about it, no money for therapy",
    "it happened on 27/3/2026 and again on 1 April 2026",
    "offence date 20.11.26, given on 2026-11-22",
    "he is 32, she is 29, together 10 years and 3 kids",
    "no convictions in the last 24 months, PNC and PND checked",
    "first time in 20 years in court",
    "I drank for 10 years this way",
    "about 40 units a week, 8 pints on a Friday",
    "he called me a liar and she called the police",
    "my wife left me and my ex will not talk to me",
    "I'm English, I'm Polish, I'm in Southampton and I'm not working",
    "I am on universal credit, 400 pounds a month",
    "partner says no risk, suspect wants legal advice",
    "Mixed doubles: officer in the case is on nights",
    "somewhere in SO14 or near Winchester",
    "jestem zmęczony i nie mogę spać",
    "jestem w Southampton, mieszkam tu 5 lat",
    "main bahut sharab peenda haan",
    "ring 999 or 101, I already rang 116 123",
    "text SHOUT to 85258",
    "criminal damage under 5000 pounds, s39 assault, s127 limit",
]


def parted(line: str) -> tuple[str, list[str]]:
    """The sentence as typed, and the parts that must not be left of it."""
    hidden = [part.split("»")[0] for part in line.split("«")[1:]]
    return line.replace("«", "").replace("»", ""), [part for part in hidden if part]


def left_over(lines: str) -> tuple[int, list[str]]:
    """How many parts there are to hide, and those still to be read."""
    cases = [parted(line) for line in lines.strip().splitlines()]
    parts = [(text, part) for text, hidden in cases for part in hidden]
    return len(parts), [f"{part} in: {text}" for text, part in parts if part in masked(text)[0]]


@pytest.fixture(autouse=True)
def november(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masking, "today", lambda: date(2026, 11, 23))


# Recall, measured: `pytest tests/unit/test_masking.py -k recall -rP` prints it


@pytest.mark.parametrize(
    ("kind", "lines", "floor"),
    [
        ("structured identifiers", STRUCTURED, 0.95),
        ("names", NAMES, 0.8),
    ],
)
def test_recall(kind: str, lines: str, floor: float) -> None:
    count, missed = left_over(lines)
    recall = 1 - len(missed) / count
    print(f"{kind}: {recall:.3f} of {count}; left over: {missed}")
    assert recall >= floor, missed


def test_there_are_enough_sentences_to_measure_on() -> None:
    assert len((STRUCTURED + NAMES).strip().splitlines()) >= 60


@pytest.mark.parametrize("text", PASSING)
def test_what_the_criteria_and_the_search_need_passes_word_for_word(text: str) -> None:
    assert masked(text) == (text, None)


# One kind at a time


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ring 07700 900982 now", "ring [number] now"),
        ("mail alex@example.com.", "mail [email]."),
        ("crime number 44260123456", "crime number [reference]"),
        ("I live at 12 Mill Lane, Ryde", "I live at [address], Ryde"),
        ("my name is dave and i drink", "my name is [name] and i drink"),
    ],
)
def test_a_handle_stands_where_the_identity_was_and_the_rest_is_kept(text: str, told: str) -> None:
    assert masked(text)[0] == told


@pytest.mark.parametrize(
    "written", ["K7M-4QX-9Y", "k7m-4qx-9y", "K7M 4QX 9Y", "K7M4QX9Y", "L34-7AD-9A", "ACD-EFH-JK"]
)
def test_our_own_reference_is_found_with_hyphens_with_spaces_and_without(written: str) -> None:
    assert masked(f"it is {written} I think") == ("it is [reference] I think", None)


def test_eight_letters_that_only_look_like_a_reference_are_kept() -> None:
    assert masked("the kid at 4am in bed")[0] == "the kid at 4am in bed"


# Postcodes


def test_a_full_postcode_becomes_its_outward_code_and_its_place_is_given() -> None:
    text, place = masked("I'm at SO14 2AA mate")
    assert text == "I'm at SO14 mate"
    assert place is not None
    assert (place.label, place.outward) == ("SO14", "SO14")


def test_of_two_postcodes_the_last_one_is_the_place() -> None:
    text, place = masked("moved from SO14 2AA to GU11 1AA")
    assert text == "moved from SO14 to GU11"
    assert place is not None
    assert place.outward == "GU11"


# Dates


@pytest.mark.parametrize(
    "text", ["it was 27/3/2026", "on 1 November 2026", "1/11/26", "2025-12-31", "14/9/2015"]
)
def test_an_offence_date_passes(text: str) -> None:
    assert masked(text)[0] == text


def test_a_date_after_born_is_a_birth_date_however_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masking, "today", lambda: date(2026, 9, 13))
    assert masked("born 14/9/2015")[0] == "born [birth date, aged 10]"


def test_of_a_birth_date_the_age_passes_for_a_criterion_asks_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(masking, "today", lambda: date(2026, 11, 22))
    assert masked("dob 14/9/1991, male")[0] == "dob [birth date, aged 35], male"
    assert masked("dob 31/02/1991")[0] == "dob [birth date, age not known]"


# Names of the draft


def test_the_names_of_the_draft_are_masked_whole_and_in_part_in_any_case() -> None:
    told, _place = masked("alex said ALEX EXAMPLE did it, Mr example", ["Alex Example"])
    assert told == "[name] said [name] did it, Mr [name]"


def test_a_name_that_is_an_everyday_word_is_masked_with_a_capital_only() -> None:
    told, _place = masked("I will ask, Will may come, WILL YOUNG too", ["Will Young"])
    assert told == "I will ask, [name] may come, [name] too"


def test_a_name_in_gurmukhi_that_ends_in_a_vowel_sign_is_masked() -> None:
    told, _place = masked("ਰਾਣੀ ਨੇ ਕਿਹਾ", ["ਰਾਣੀ ਕੌਰ"])
    assert told == "[name] ਨੇ ਕਿਹਾ"


def test_a_name_inside_a_longer_word_is_left_alone() -> None:
    assert masked("standard risk", ["Stan Dard", ""])[0] == "standard risk"


@pytest.mark.parametrize("text", ["", " ", "\x00", "😀" * 50, "<b>07</b>", "\ud800"])
def test_what_nobody_should_send_breaks_nothing(text: str) -> None:
    assert masked(text) == (text, None)
