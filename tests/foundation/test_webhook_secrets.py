"""Secrets are derived once, and never outlive the key or the serial that they were made of."""

from gateway.foundation.time_and_chance import PREFIX, Serials, derive_secrets


def test_a_rotated_key_and_a_new_serial_are_taken_up_at_once() -> None:
    keys, kept = [b"one"], dict.fromkeys([f"{PREFIX}line"], 1)
    serials = Serials(["line", "other"], key=lambda: keys[-1], read=kept.get)
    assert serials.secrets("line") == derive_secrets(b"one", "line", 1)
    assert serials.secrets("line") is serials.secrets("line"), "derived once"
    keys.append(b"two")
    assert serials.secrets("line") == derive_secrets(b"two", "line", 1)
    kept[f"{PREFIX}line"] = 2
    assert serials.secrets("line") == derive_secrets(b"two", "line", 1)
    serials.renew()
    assert serials.secrets("line") == derive_secrets(b"two", "line", 2)
    assert serials.secrets("other") == derive_secrets(b"two", "other", 1)
    assert serials.secrets("nobody") == ()


def test_a_guarded_line_has_secrets_of_its_own() -> None:
    open_line, guarded = (
        Serials(["line"], key=lambda: b"one", read=lambda _: None, guarded=names) for names in ((), ("line",))
    )
    assert open_line.secrets("line") != guarded.secrets("line")
