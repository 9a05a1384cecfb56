"""What a text commands, and which words reveal: tables that may only grow."""

from __future__ import annotations

import time

import pytest

from outreach.texts.revealing import reveals
from outreach.texts.stop_words import command_of

STOPS = """
STOP
stop
Stop.
STOP!!
 stop
STOPP
stoppp
stoooop
STPO
SOTP
TSOP
ST0P
5TOP
sttop
stpp
"STOP"
S T O P
S.T.O.P
STOP STOP STOP
stop 🛑
STOPALL
stop all
pls stop
please stop
Stop, please
ok stop now
stop thanks
stop texting me
Stop texting me!!
please, stop texting me
stop texting me you idiots
Can you stop texting me?
stop messaging me
stop sending me texts
stop these messages
I want to stop getting texts
i dont want any more texts
I don’t want these texts
no more texts
No more messages please
dont text me
Don't text me again
do not contact me again
unsubscribe
Unsubcribe
unsubscirbe
UNSUB
opt out
opt-out
take me off your list
remove my number
text STOP
QUIT
end
dość
DOSC
Dość!
nie pisz
Nie piszcie więcej
proszę nie pisać
nie pisz do mnie
przestań pisać
przestan pisac
PRZESTAŃCIE PISAĆ
nie wysyłaj mi SMS-ów
nie chcę więcej wiadomości
wypisz mnie
usuń mój numer
ਬੰਦ ਕਰੋ
ਬੰਦ
ਸਟਾਪ
ਮੈਸੇਜ ਬੰਦ ਕਰੋ
ਮੈਨੂੰ ਮੈਸੇਜ ਨਾ ਕਰੋ।
ਕਿਰਪਾ ਕਰਕੇ ਸੁਨੇਹੇ ਨਾ ਭੇਜੋ
band karo
BAND KARO JI
msg band karo
mainu message na karo
menu msg na karo
message na bhejo
STOP. I am going to kill myself
I want to die. STOP
STOP I want to kill myself
stop texting me, I want to end my life
""".strip("\n").splitlines()

STARTS = """
START
start
Start.
STRAT
satrt
sart
UNSTOP
un stop
text me again
you can text me again
start texting me again
please start
I want texts again
opt in
pisz do mnie
możesz znowu pisać
chcę znowu dostawać SMS-y
wznów
ਸ਼ੁਰੂ ਕਰੋ
ਫਿਰ ਮੈਸੇਜ ਕਰੋ
shuru karo
mainu fer message karo
""".strip("\n").splitlines()

HELPS = """
HELP
help
Help!
HELP?
hlep
hepl
halp
INFO
info.
pomoc
POMOCY
Informacja
ਮਦਦ
ਮਦਦ।
ਜਾਣਕਾਰੀ
madad
Madad!
""".strip("\n").splitlines()

NONE = """
I can't stop drinking
I cant stop
help me stop
help me stop drinking
stop hitting her
stop hitting me
STOP HITTING ME
I want to stop smoking
I want to stop
I need to stop
how do I stop
make it stop
please make it stop
make them stop
the voices won't stop
he won't stop
HE WONT STOP
she won't stop texting me
my ex won't stop texting me
my ex told me to stop texting her
I told him to stop
I said STOP! she carried on
Stop! please dont hit me
stop it
stop that
stop drinking
stop smoking
stop lying
non-stop
bus stop
where is the bus stop
the drinking has to stop
I stopped drinking
stopped
stopping
step
shop
top
stoop
spot
soap
stops
stay
story
one step at a time
no more
no more drinking
no more lies
enough
mam dość
mam tego dość
nie mogę przestać pić
chcę przestać pić
przestań mnie bić
ona nie przestaje pisać do mnie
stół
stopy
stary
sharab band karni hai
daru band karo
ਸ਼ਰਾਬ ਬੰਦ ਕਰਨੀ ਹੈ
ਮੇਰੀ ਸ਼ਰਾਬ ਬੰਦ ਨਹੀਂ ਹੁੰਦੀ
main sharab chhadna chahunda
end it
I want to end it all
the end
quit smoking
leave me alone
I start work at nine
start drinking again
when do I start
I want to start again
smart
stare
starts
help me
help me find a counsellor
I need help
can you help
please help me with my drinking
heap
held
hello
ਮੈਨੂੰ ਮਦਦ ਚਾਹੀਦੀ ਹੈ
mainu madad chahidi hai
potrzebuję pomocy
pomoc w piciu
yes
no
1
2
0
.

🛑
''
""".strip("\n").splitlines()


@pytest.mark.parametrize("said", STOPS)
def test_it_asks_for_no_more_texts(said: str) -> None:
    assert command_of(said) == "stop"


@pytest.mark.parametrize("said", STARTS)
def test_it_asks_for_texts_again(said: str) -> None:
    assert command_of(said) == "start"


@pytest.mark.parametrize("said", HELPS)
def test_it_asks_whom_to_ring(said: str) -> None:
    assert command_of(said) == "help"


@pytest.mark.parametrize("said", NONE)
def test_it_is_no_command(said: str) -> None:
    assert command_of(said) is None


def test_a_signature_or_a_quotation_below_does_not_hide_a_stop() -> None:
    assert command_of("stop texting me\n\nSent from my iPhone") == "stop"
    assert command_of(f"STOP\n\n{'On Friday we wrote: hello. ' * 80}") == "stop"
    assert command_of(f"{'words and words. ' * 200}\nSTOP") == "stop"


def test_the_tables_are_large_enough_and_name_nothing_twice() -> None:
    assert len(STOPS) >= 60
    assert len(NONE) >= 60
    every = [*STOPS, *STARTS, *HELPS, *NONE]
    assert len(every) == len(set(every))


def test_the_rule_takes_less_than_a_millisecond() -> None:
    texts = [*STOPS, *NONE, "I can't stop drinking. " * 70]
    command_of("")
    begun = time.process_time()
    for _ in range(10):
        for text in texts:
            command_of(text)
    assert (time.process_time() - begun) / (10 * len(texts)) < 0.001


REVEALING = """
Alcohol recovery service
Domestic abuse helpline
Narcotics Anonymous
Drugs
AA meetings
Gambling support
Rehab
police
Hampshire Probation
Winchester Crown Court
conditional caution
your offence
the workshop on Friday
Workshops
abuse
violence at home
victims
perpetrator programme
addiction
mental health team
Trauma therapy
Help with drinking
Hard things from the past
Changing how I act at home
Respect Phoneline
https://www.alcoholics-anonymous.org.uk
info@askmarc.org.uk
nationaldahelpline.org.uk
policja
na policji
przemoc w domu
ofiara
sprawca
uzależnienie
leczenie uzależnień
alkoholizm
narkotyki
warsztaty
sąd
kurator
ostrzeżenie
wykroczenie
przestępstwo
zdrowie psychiczne
odwyk
ਪੁਲਿਸ
ਪੁਲਿਸ ਨੂੰ
ਸ਼ਰਾਬ ਬਾਰੇ ਮਦਦ
ਨਸ਼ਿਆਂ ਬਾਰੇ ਮਦਦ
ਘਰੇਲੂ ਹਿੰਸਾ
ਅਪਰਾਧ
ਅਦਾਲਤ
ਵਰਕਸ਼ਾਪ
ਪ੍ਰੋਬੇਸ਼ਨ
ਪੀੜਤ
ਚੇਤਾਵਨੀ
ਮਾਨਸਿਕ ਸਿਹਤ
sharab
nashe
adalat
""".strip().splitlines()

NEUTRAL = """
Talking therapies Hampshire
Bathroom
druggist
Housing advice
Debt advice
Citizens Advice
Listening line
Samaritans
Parenting and family helpline
Hello. You have an appointment tomorrow, Friday, at 10:00.
You will get no more texts from us. Text START if you want them again.
0808 802 4040
https://www.stepchange.org
Nie będzie już od nas SMS-ów.
Dzień dobry. Jutro jest umówione spotkanie.
Na zdrowie
smutek jest sad
ਸਤ ਸ੍ਰੀ ਅਕਾਲ। ਕੀ ਹਾਲ ਹੈ?
ਮਦਦ
madad
a courtesy call
Courtney
""".strip().splitlines()


@pytest.mark.parametrize("said", REVEALING)
def test_it_reveals(said: str) -> None:
    assert reveals(said)
    assert reveals(f"({said.upper()}!)")


@pytest.mark.parametrize("said", NEUTRAL)
def test_it_reveals_nothing(said: str) -> None:
    assert not reveals(said)
