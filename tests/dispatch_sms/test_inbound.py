"""What members text back."""

import uuid
from datetime import timedelta

from tests.dispatch_sms.house import NOON, OURS, House
from tests.support.facts import eventually

STOPPED = "Lecturers' Union: you will get no more texts from us. Text START to get them again."


async def test_an_answer_belongs_to_the_latest_open_ask(house: House) -> None:
    member = await house.member("+447700911021")
    older, newer = [await house.campaign(poll_id=uuid.uuid4()) for _ in range(2)]
    for campaign in (older, newer, await house.campaign()):
        await house.told(await house.ask(member, campaign), "delivered")
    assert await house.text("+447700911021", "  Yes, I will! ") == []
    (reply,) = await house.replies("+447700911021")
    assert (reply.poll_id, reply.campaign_id, reply.member_id) == (
        newer.poll_id,
        newer.campaign_id,
        member.member_id,
    )
    assert reply.delivery_id == house.settings.ids.delivery(newer.campaign_id, 1, member.member_id, "sms")
    assert (reply.text, reply.intent, reply.channel) == ("  Yes, I will! ", "answer", "sms")
    assert NOON <= reply.received_at < NOON + timedelta(hours=1)


async def test_an_answer_to_nothing_names_the_only_member_at_that_number(house: House) -> None:
    member = await house.member("+447700911022")
    await house.told(await house.ask(member, await house.campaign()), "delivered")
    await house.text("+447700911022", "Who is this?")
    (reply,) = await house.replies("+447700911022")
    assert (reply.member_id, reply.delivery_id, reply.poll_id) == (member.member_id, None, None)


async def test_a_text_from_a_stranger_is_kept_without_a_member(house: House) -> None:
    await house.text("+447700911023", "hello")
    (reply,) = await house.replies("+447700911023")
    assert (reply.member_id, reply.members_at_address, reply.intent) == (None, (), "answer")


async def test_a_text_repeated_by_the_carrier_is_one_reply_and_answered_again(house: House) -> None:
    form = {"MessageSid": "SM" + uuid.uuid4().hex, "From": "+447700911024", "To": OURS, "Body": "HELP"}
    answers = [await house.inbound(form) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    await house.text("+447700911024", "the next one")
    texts = [reply.text for reply in await house.replies("+447700911024", 2)]
    assert texts == ["HELP", "the next one"]


async def test_a_forged_text_is_refused_and_suppresses_nobody(house: House) -> None:
    form = {"MessageSid": "SM" + uuid.uuid4().hex, "From": "+447700911025", "To": OURS, "Body": "STOP"}
    answer = await house.inbound(form, token="f" * 32)
    assert answer.status_code == 403
    await house.told(await house.asked("+447700911025"), "delivered")


async def test_help_names_the_union_and_how_to_stop(house: House) -> None:
    (words,) = await house.text("+447700911026", "Help!")
    assert words == "Lecturers' Union sends these texts to its members. Text STOP to get no more. 020 7946 0000"


async def test_stop_is_answered_and_start_lifts_it(house: House) -> None:
    member = await house.member("+447700911027")
    assert await house.text("+447700911027", "stop.") == [STOPPED]
    (skipped,) = await house.told(await house.ask(member, await house.campaign()), "skipped")
    assert skipped.model_dump()["reason"] == "suppressed"
    (words,) = await house.text("+447700911027", "START")
    assert words.startswith("Lecturers' Union: you will get our texts again.")
    await house.told(await house.ask(member, await house.campaign()), "delivered")
    replies = await house.replies("+447700911027", 2)
    assert [reply.intent for reply in sorted(replies, key=lambda reply: reply.received_at)] == ["stop", "start"]


async def test_welsh_and_french_members_are_answered_in_their_language(house: House) -> None:
    for number, language, stop, words in (
        ("+447700911028", "cy", "STOPIO", "Lecturers' Union: ni chewch ragor"),
        ("+447700911029", "fr", "Arrêt", "Lecturers' Union : vous ne recevrez plus"),
    ):
        member = await house.member(number, language=language)
        await house.told(await house.ask(member, await house.campaign()), "delivered")
        (answer,) = await house.text(number, stop)
        assert answer.startswith(words)


async def test_providers_own_keywords_count_unless_told_otherwise(house: House) -> None:
    assert await house.text("+447700911030", "Unsubscribe") == [STOPPED]
    assert await house.text("+447700911031", "QUIT") == [STOPPED]
    assert await house.text("+447700911032", "please stop texting me about the picket") == []


async def test_an_ask_that_is_over_takes_no_answer(house: House) -> None:
    member = await house.member("+447700911033")
    campaign = await house.campaign(poll_id=uuid.uuid4(), expires_at=house.clock.now() + timedelta(minutes=5))
    await house.told(await house.ask(member, campaign), "delivered")
    house.clock.advance(timedelta(minutes=6))
    try:
        await house.text("+447700911033", "yes")
    finally:
        house.clock.advance(-timedelta(minutes=6))
    (reply,) = await house.replies("+447700911033")
    assert (reply.member_id, reply.poll_id) == (member.member_id, None)


async def test_a_text_to_another_of_our_numbers_is_no_answer_to_this_one(house: House) -> None:
    member = await house.member("+447700911034")
    await house.told(await house.ask(member, await house.campaign(poll_id=uuid.uuid4())), "delivered")
    form = {"MessageSid": "SM" + uuid.uuid4().hex, "From": "+447700911034", "To": "+447700900001", "Body": "yes"}
    assert (await house.inbound(form)).status_code == 200
    (reply,) = await house.replies("+447700911034")
    assert reply.poll_id is None


async def test_text_with_controls_or_without_words_does_no_harm(house: House) -> None:
    for body in ("nul\x00byte", "", "‮ \U0001f600" * 500):
        form = {"MessageSid": "SM" + uuid.uuid4().hex, "From": "+447700911035", "To": OURS, "Body": body}
        assert (await house.inbound(form)).status_code == 200
    assert [reply.text for reply in await house.replies("+447700911035", 3)] == [
        "nulbyte",
        "",
        "‮ \U0001f600" * 500,
    ]


async def test_a_word_that_only_the_provider_knows_stops_too_and_is_not_answered_twice(house: House) -> None:
    form = {"MessageSid": "SM" + uuid.uuid4().hex, "From": "+447700911036", "To": OURS, "Body": "PARAR"}
    answer = await house.inbound(form | {"OptOutType": "STOP"})
    assert answer.text.endswith("<Response />")
    (reply,) = await house.replies("+447700911036")
    assert (reply.intent, reply.text) == ("stop", "PARAR")
    (skipped,) = await house.told(await house.asked("+447700911036"), "skipped")
    assert skipped.model_dump()["reason"] == "suppressed"


async def test_a_stop_by_another_channel_of_the_number_holds_for_its_texts(house: House) -> None:
    for channel, number in (("whatsapp", "+447700911037"), ("rcs", "+447700911038")):
        stop = {"from": f"{channel}:{number}", "to": OURS, "body": "STOP"}
        answer = (await house.carrier.post("/sandbox/inbound", json=stop)).raise_for_status().json()
        assert answer["replies"] == [STOPPED]
        (skipped,) = await house.told(await house.asked(number), "skipped")
        assert skipped.model_dump()["reason"] == "suppressed"


async def test_a_stop_from_what_is_no_number_is_refused_and_not_confirmed(house: House) -> None:
    for sender in ("60006", "messenger:108", "whatsapp:UNION", "+4"):
        form = {"MessageSid": "SM" + uuid.uuid4().hex, "From": sender, "To": OURS, "Body": "STOP"}
        answer = await house.inbound(form)
        assert answer.status_code == 422
        assert "Response" not in answer.text


async def test_a_picture_without_words_is_kept_as_one(house: House) -> None:
    number = "+447700911039"
    member = await house.member(number)
    await house.told(await house.ask(member, await house.campaign(poll_id=uuid.uuid4())), "delivered")
    picture = {"from": number, "to": OURS, "body": "", "media": 2}
    assert (await house.carrier.post("/sandbox/inbound", json=picture)).json()["status"] == 200
    (reply,) = await house.replies(number)
    assert (reply.text, reply.media, reply.intent, reply.poll_id is None) == ("", 2, "answer", False)


async def test_a_reply_to_two_open_polls_names_both(house: House) -> None:
    number = "+447700911040"
    member = await house.member(number)
    older, newer = [await house.campaign(poll_id=uuid.uuid4()) for _ in range(2)]
    for campaign, step in ((older, 1), (newer, 1), (newer, 2)):
        await house.told(await house.ask(member, campaign, step=step), "delivered")
    await house.text(number, "yes")
    (reply,) = await house.replies(number)
    ids = house.settings.ids
    assert [(ask.poll_id, ask.delivery_id) for ask in reply.asks] == [
        (newer.poll_id, ids.delivery(newer.campaign_id, 2, member.member_id, "sms")),
        (older.poll_id, ids.delivery(older.campaign_id, 1, member.member_id, "sms")),
    ]


async def test_an_unclear_stop_is_not_confirmed_and_holds_what_is_to_be_sent(house: House) -> None:
    number = "+447700911041"
    assert await house.text(number, "who is this? leave me alone") == []
    delivery = await house.asked(number)
    row = await eventually(
        lambda: house.rows("SELECT waiting_for FROM deliveries WHERE delivery_id = :id", id=delivery),
        until=lambda rows: bool(rows) and rows[0].waiting_for == "address_hold",
    )
    assert len(row) == 1
    assert house.sent(delivery) == []
