"""Which test holds which trap of the providers' contracts; a trap without a test cannot stand here."""

import re
from functools import cache
from pathlib import Path

import pytest

from tests.support.channel_tables import PROVIDERS

ROOT = Path("tests")
TRAPS, USSD, TEXTS = "channels/test_traps.py", "channels/test_ussd_traps.py", "channels/test_text_traps.py"
EVERY, SEND, CODES = (
    "channels/test_every_channel.py",
    "channels/africastalking/test_send.py",
    "channels/africastalking/test_codes.py",
)

# The trap, the file below tests/, and the test.
AUDIT = (
    # Of Africa's Talking and its SDK.
    (
        "a misspelt sandbox goes to the real hosts",
        "channels/africastalking/test_account.py",
        "test_a_mistyped_account_is_refused_in_words_without_the_key",
    ),
    (
        "an answer with a charset in its type is a str to the SDK",
        SEND,
        "test_the_content_type_of_the_answer_does_not_count",
    ),
    (
        "an empty list of recipients is a failure",
        CODES,
        "test_a_reason_in_place_of_the_summary_means_what_its_code_means",
    ),
    ("each recipient has a code of its own", CODES, "test_each_code_has_its_policy"),
    ("a wrong key is answered as text", SEND, "test_a_wrong_key_is_an_alarm_and_nothing_went_out"),
    ("a whole answer of 409", CODES, "test_a_refusal_for_the_night_comes_again_in_an_hour"),
    ("a read timeout may have sent it", SEND, "test_an_answer_that_does_not_come_leaves_the_text_unclear"),
    ("a refused connection has not", SEND, "test_a_closed_port_is_surely_not_sent"),
    (
        "the SDK's callback and its threads",
        "channels/africastalking/test_sdk.py",
        "test_a_callback_and_a_query_are_refused",
    ),
    (
        "a star that was typed cannot be told from the separator",
        "conversations/test_turn_model.py",
        "test_an_input_may_hold_a_star_or_be_empty",
    ),
    (
        "a first text that is not empty",
        USSD,
        "test_africastalking_posts_digits_behind_the_code_as_a_first_text_that_is_not_empty",
    ),
    (
        "an answer begins exactly with CON or END",
        USSD,
        "test_africastalking_ends_a_session_whose_answer_does_not_begin_exactly_with_con",
    ),
    (
        "the end event quotes inputs and pages",
        USSD,
        "test_africastalking_tells_at_the_end_what_was_typed_and_read_and_none_of_it_is_kept",
    ),
    (
        "a fault of ours must be a page too",
        EVERY,
        "test_the_apology_is_a_page_that_ends_whether_the_turn_or_the_reading_fails",
    ),
    (
        "two forms of dates",
        TEXTS,
        "test_africastalking_writes_dates_in_two_forms_and_none_of_them_counts",
    ),
    ("senders that are names", TEXTS, "test_africastalking_posts_senders_that_are_names"),
    ("statuses that are not final", TEXTS, "test_africastalking_reports_words_that_are_not_final"),
    (
        "Expired is final: the operator dropped it",
        TEXTS,
        "test_africastalking_reports_a_text_that_the_operator_dropped",
    ),
    (
        "update types in any case",
        "channels/africastalking/test_posts.py",
        "test_only_what_ends_a_subscription_opts_her_out",
    ),
    (
        "a report before the answer to the send",
        "delivery/test_results.py",
        "test_every_order_before_and_after_our_record_ends_the_same",
    ),
    (
        "no request follows when nobody pressed a key",
        "channels/africastalking/test_voice.py",
        "test_silence_is_an_empty_answer_a_refusal_stands_alone_and_what_is_gone_is_said",
    ),
    (
        "XML of a call is escaped",
        "channels/africastalking/test_voice.py",
        "test_whatever_is_told_is_escaped",
    ),
    # Of USSD providers.
    ("Hubtel's timeout in any case", TRAPS, "test_hubtel_writes_timeout_in_any_case"),
    ("Hubtel's types in any case", USSD, "test_hubtel_writes_initiation_in_any_case"),
    (
        "Hubtel's sequence is a number or a text",
        USSD,
        "test_hubtel_counts_the_posts_by_a_number_or_a_text",
    ),
    (
        "arkesel: the first input is the code; a signature that nobody documents",
        USSD,
        "test_arkesel_posts_the_dialled_code_as_the_first_input_and_a_header_that_nobody_documents",
    ),
    (
        "Nalo's flag means two things",
        TRAPS,
        "test_nalo_means_first_by_msgtype_on_the_way_in_and_go_on_by_it_on_the_way_out",
    ),
    ("Nalo's flag as a text", USSD, "test_nalo_may_write_its_flag_as_a_text"),
    ("Nalo's 120 characters", USSD, "test_nalo_shows_120_characters_at_most"),
    (
        "Beem's request is our page",
        TRAPS,
        "test_beem_posts_the_input_as_response_and_wants_the_page_as_request",
    ),
    ("Beem's request_id is no turn", USSD, "test_beem_begins_its_request_id_at_zero"),
    (
        "con_end: the code stays in the input",
        USSD,
        "test_advanta_keeps_the_code_in_its_input",
    ),
    (
        "comviva: nothing says that a session begins",
        USSD,
        "test_comviva_by_get_writes_the_code_without_its_marks_and_nothing_says_that_a_session_begins",
    ),
    (
        "comviva: another name of the number at the end",
        USSD,
        "test_comviva_by_get_cleans_up_under_other_names",
    ),
    (
        "comviva: the state is a header",
        USSD,
        "test_comviva_says_in_a_header_whether_the_session_goes_on_and_that_it_is_free",
    ),
    ("comviva_xml: a cleanup is no input", TRAPS, "test_comviva_posts_a_cleanup_that_is_no_input"),
    ("comviva_xml: elements in any case", USSD, "test_comviva_by_xml_writes_elements_in_any_case"),
    ("a page in XML is escaped", USSD, "test_a_page_in_xml_is_escaped"),
    (
        "an entity bomb",
        "channels/test_xml.py",
        "test_entity_bombs_and_other_documents_are_refused_without_their_content",
    ),
    ("truroute: numbers for types", USSD, "test_truroute_releases_and_times_out_by_numbers"),
    (
        "hSenid masks numbers and answers later",
        EVERY,
        "test_a_provider_that_answers_later_by_a_call_is_refused_with_the_reason",
    ),
    (
        "smpp: what ussd_service_op says",
        USSD,
        "test_smpp_says_by_ussd_service_op_what_a_message_of_a_session_is",
    ),
    (
        "smpp: the last bit of its_session_info",
        USSD,
        "test_smpp_echoes_the_session_and_its_last_bit_alone_says_that_it_ends",
    ),
    (
        "smpp: a session's number is one octet and comes again",
        TRAPS,
        "test_smpp_counts_a_session_in_one_octet_and_a_dialogue_in_the_other",
    ),
    ("smpp: Lao is UTF-16BE", USSD, "test_a_page_in_lao_is_utf_16_be_at_a_centre"),
    (
        "a session id comes again within minutes",
        "conversations/test_turn_model.py",
        "test_a_session_id_that_comes_again_within_minutes_shows_nothing_of_the_one_before",
    ),
    (
        "1 and then 1 is legal where a turn has no id",
        "conversations/test_turn_model.py",
        "test_the_same_key_twice_is_two_inputs",
    ),
    # Of providers of texts.
    ("Twilio texts a plain body", TRAPS, "test_twilio_texts_a_plain_body_to_the_caller"),
    ("Twilio's vectors", TRAPS, "test_twilio_signs_address_and_fields"),
    (
        "Twilio's default port",
        TRAPS,
        "test_twilio_signs_with_or_without_the_default_port",
    ),
    ("Twilio's new fields are signed", TEXTS, "test_twilio_adds_fields_without_notice_and_signs_them"),
    ("Twilio's 21610", TEXTS, "test_twilio_tells_a_stop_by_the_code_21610_of_a_report"),
    (
        "Vonage's vectors",
        TRAPS,
        "test_vonage_signs_the_fields_in_plain_byte_order_with_marks_inside_values_as_underscores",
    ),
    (
        "Vonage's old timestamps",
        TEXTS,
        "test_vonage_signs_the_second_and_an_old_one_is_refused",
    ),
    (
        "Vonage's parts out of order",
        TRAPS,
        "test_vonage_posts_the_parts_of_a_long_text_out_of_order_as_form_or_json",
    ),
    (
        "Vonage's methods are a setting",
        TEXTS,
        "test_vonage_posts_by_get_form_or_json_as_the_account_is_set",
    ),
    ("Vonage refuses with 200", "channels/test_answers.py", "test_an_answer_means_what_it_proves"),
    (
        "Infobip's batch with a repeat",
        TRAPS,
        "test_infobip_posts_three_texts_at_once_of_which_one_is_a_repeat",
    ),
    (
        "Infobip's cleanText",
        TEXTS,
        "test_infobip_takes_a_keyword_out_of_clean_text_and_leaves_text_whole",
    ),
    (
        "infobip_ussd: session and step stand behind the address",
        EVERY,
        "test_an_address_with_another_tail_is_none",
    ),
    (
        "textbee reports one text twice under two ids",
        "channels/test_public_reports.py",
        "test_one_text_that_an_app_reports_twice_is_one_turn",
    ),
    ("Infobip's unknown groups", TEXTS, "test_infobip_may_name_a_group_that_nobody_knows"),
    ("Telerivet's wrong secret", TRAPS, "test_telerivet_answers_403_to_a_wrong_secret_in_the_post"),
    ("Telerivet's calls", TEXTS, "test_telerivet_posts_calls_and_codes_as_messages_too"),
    ("Kannel texts a body", TRAPS, "test_kannel_texts_the_body_of_an_answer_to_the_caller"),
    ("Kannel's charsets", TEXTS, "test_kannel_posts_utf_16_with_a_charset_or_with_its_coding_alone"),
    (
        "Kannel's bits",
        TEXTS,
        "test_kannel_reports_the_way_of_a_text_by_bits_of_which_few_are_final",
    ),
    (
        "Jasmin drops after a 404",
        TRAPS,
        "test_jasmin_throws_a_message_away_after_a_404_and_wants_ack_jasmin",
    ),
    ("Jasmin's octets", TEXTS, "test_jasmin_posts_letters_as_octets_of_their_coding"),
    (
        "Jasmin's ESME_ROK is no delivery",
        TEXTS,
        "test_jasmin_reports_that_a_centre_took_a_text_which_is_no_delivery",
    ),
    ("android: the vector", "channels/android/test_signature.py", "test_the_published_vector"),
    (
        "android: ids collide",
        "channels/android/test_conversation.py",
        "test_the_messages_id_may_collide_for_it_is_not_asked",
    ),
    (
        "android: the same id twice is a 409",
        "channels/android/test_phone.py",
        "test_given_twice_it_reaches_her_once",
    ),
    (
        "a status that nobody knows is taken",
        EVERY,
        "test_every_status_of_a_delivery_is_taken_and_known",
    ),
    (
        "a name or a short code is never answered",
        "delivery/test_operator_notices.py",
        "test_every_line_with_texts_says_who_a_notice_is_from_and_what_it_says",
    ),
    (
        "a provider's word for STOP",
        "delivery/test_opt_outs.py",
        "test_a_send_that_is_refused_for_it_is_a_stop",
    ),
)


@cache
def names_in(file: str) -> frozenset[str]:
    return frozenset(
        re.findall(r"^def (test_\w+)\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
    )


@pytest.mark.parametrize("file", sorted({file for _, file, _ in AUDIT}))
def test_each_trap_has_its_test(file: str) -> None:
    assert [name for _, other, name in AUDIT if other == file and name not in names_in(file)] == []


def test_each_provider_has_a_trap_and_none_is_told_twice() -> None:
    told = " ".join(f"{trap} {file} {name}" for trap, file, name in AUDIT).casefold()
    assert [each for each in PROVIDERS if each not in told and each != "simulator"] == []
    traps = [trap for trap, _, _ in AUDIT]
    assert len(set(traps)) == len(traps)
    assert len({(file, name) for _, file, name in AUDIT}) == len(AUDIT)


@pytest.mark.parametrize("file", [TRAPS, USSD, TEXTS])
def test_every_test_of_a_trap_stands_in_the_audit(file: str) -> None:
    """But those of what a test elsewhere holds better, and of every provider at once."""
    beside = {
        "test_digits_behind_a_code_are_input_and_an_operators_id_may_come_again",
        "test_vonage_answers_200_to_a_send_that_it_refuses",
        "test_twilio_is_not_texted_back_where_the_sender_is_no_phone",
        "test_telerivet_writes_a_number_nationally_and_with_its_country",
        "test_a_report_of_a_text_that_nobody_sent_is_an_event_all_the_same",
        "test_an_id_of_a_provider_may_be_a_number_where_its_page_says_text",
    }
    assert names_in(file) - {name for _, _, name in AUDIT} - beside == set()
