"""Where a thread of texts stands between two of them: its place, the open form, what was said in the last day."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from gateway.engine.session import Session

FORM = "form"
"""What a thread waits for after the questions of the callback were sent in one text."""

FURTHER = "further"
"""What a thread waits for after a further question of the form was asked."""

LASTS = timedelta(hours=24)
"""For how long a form stays answerable whatever comes between, and a word of danger goes into the next request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a thread stands between two texts.

    Attributes:
        session: where she stands in the menu; None where nothing is to be chosen.
        waits_for: ``form`` where the questions of the callback were sent in one text.
        language: the tag of the texts that she asked for by number, if she did.
        listed: what the numbers of the last answer stand for, where it listed screens or languages.
        again: she had a place that the live version does not have any more.
        form: the form that was sent and not answered yet, whatever came after it.
        form_until: until when it may be answered.
        danger_until: until when a word of danger that she wrote goes into a request of hers.
        further: a further question of her request that was asked and not answered yet, whatever came after it.
        further_until: until when it may be answered.
        thanked: her thanks or signs had their one answer.
    """

    session: Session | None = None
    waits_for: str = ""
    language: str = ""
    listed: Mapping[str, str] = field(default_factory=dict)
    again: bool = False
    form: Session | None = None
    form_until: datetime | None = None
    danger_until: datetime | None = None
    further: Session | None = None
    further_until: datetime | None = None
    thanked: bool = False

    @property
    def open_form(self) -> Session | None:
        """The form that can be answered now."""
        return self.session if self.form is None and self.waits_for == FORM else self.form

    def at(self, now: datetime) -> "Standing":
        """Return it without what is too old."""
        is_open = self.form_until is not None and now < self.form_until
        is_further = self.further_until is not None and now < self.further_until
        is_danger = self.danger_until is not None and now < self.danger_until
        return replace(
            self,
            session=None if self.waits_for == FURTHER and not is_further else self.session,
            form=self.form if is_open else None,
            form_until=self.form_until if is_open else None,
            danger_until=self.danger_until if is_danger else None,
            further=self.further if is_further else None,
            further_until=self.further_until if is_further else None,
        )


def standing_at(
    session: Session, language: str, *, waits_for: str = "", listed: Mapping[str, str] | None = None
) -> Standing:
    """Return where a thread stands with this session; results are not kept, nor a session that is over."""
    kept = None if session.ended else session.having(values={})
    return Standing(session=kept, language=language, waits_for=waits_for, listed=listed or {})
