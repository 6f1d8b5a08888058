"""Answer one post of a USSD session: load, place the post, step, commit effects, render, save, in this order.

A post may be a repeat, the next input, a first dial, or belong to a lost session (``ussd_session.PostKind``).
Accumulating channels send all inputs joined by ``*`` (Africa's Talking, USSD documentation), others one at a time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from gateway.conversations import simulator_facts, ussd_session
from gateway.conversations.commit import NotSaved, Turn, TurnRecord, commit_turn, find_record
from gateway.conversations.remembered_moves import (
    FoundMove,
    Move,
    TurnMoves,
    find_known,
    is_rememberable,
    may_recall,
)
from gateway.conversations.ussd_session import (
    REPEATED_WITHIN,
    Post,
    PostKind,
    SavedSession,
    StoredPlace,
    find_last_words,
    make_apology,
    place_post,
    read_saved,
    split_inputs,
    split_saved,
)
from gateway.domain.events import Inbound, Piece, PieceKind, Reply
from gateway.foundation.loop_turns import refuse_loop
from gateway.foundation.services import Services
from gateway.menus.engine import engine
from gateway.menus.engine.effects import Effect
from gateway.menus.engine.engine import Step
from gateway.menus.engine.model import Menu
from gateway.menus.engine.session import Known, Session
from gateway.storage.database import Unavailable
from gateway.storage.live_menus import NothingReviewed, find_served, get_served
from gateway.storage.sessions import Asking, LastSaved, Stored

_MARK = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedPage:
    """The page sent back to the phone; ``facts`` (see ``simulator_facts``) are filled for the simulator only."""

    reply: Reply
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Its text, one piece a line."""
        return self.reply.text

    @property
    def ends(self) -> bool:
        """Whether it ends the session."""
        return self.reply.ends

    @property
    def screen(self) -> str:
        """The id of its screen."""
        return self.reply.screen


def answer_turn(parts: Services, inbound: Inbound) -> RenderedPage:
    """Answer one post of a USSD session (on a loop what is remembered); whatever fails, the caller gets a text."""
    try:
        return UssdTurn(parts, inbound).answer()
    except NothingReviewed:
        parts.count.add("not_reviewed", channel=inbound.channel)
        return _write_apology(find_last_words(parts, None, "", ""))
    except NotSaved as error:
        return _write_apology(make_apology(parts, inbound, error, "not_kept"))
    except Exception as error:  # noqa: BLE001 - an error must reach the phone as an apology with a number that helps
        return _write_apology(make_apology(parts, inbound, error, "fault"))


class UssdTurn:
    """Handles one post, step by step; lives for one request."""

    def __init__(self, parts: Services, inbound: Inbound) -> None:
        self.parts = parts
        self.inbound = inbound
        self.now: datetime = parts.clock.now()
        self.contract = parts.channels[inbound.channel].contract
        self.is_trial = not self.contract.real
        self.serial = ""
        self.mark = self._session_key().hex()[:_MARK]
        self.effects_done: list[Effect] = []
        self.is_session_unknown = False
        self.begun = int(self.now.timestamp())
        self.facts: tuple[str, ...] = ()
        self.known: Known | None = None
        self.moves = TurnMoves(parts, inbound, self.now)

    def answer(self) -> RenderedPage:
        """Run the steps and return the page."""
        in_one_trip = self._begin_in_one_trip() if self.inbound.first else self._go_on_in_one_trip()
        return in_one_trip or self._answer_loaded(self.parts.sessions.ask())

    def _begin_in_one_trip(self) -> RenderedPage | None:
        """Answer a dial with a remembered first page, saved only where the number has no session here."""
        channel, number = self.inbound.channel, self.inbound.number
        none = None if self.inbound.text else self.parts.sessions.assume_none(channel, number)
        if none is None:
            return None
        version, menu = find_served(self.parts, channel)
        move = self.moves.find_first(version, menu, self._find_known(menu))
        if move is None:
            refuse_loop()
            return None
        place = StoredPlace(version, "", self.inbound.turn, self.begun, self.begun, "", move.page.place)
        return self._replace(none, 0, FoundMove(place, move))

    def _go_on_in_one_trip(self) -> RenderedPage | None:
        """Answer a remembered move from a session that this process saved last, where nothing came between.

        Effects never come this way: it may be out of date until its replacement was acknowledged. A single input goes
        on from wherever it stands, as after ``load``.
        """
        inbound = self.inbound
        hop = inbound.text.count("*") if self.contract.accumulates else None
        last = self.parts.sessions.recall(inbound.channel, inbound.number, mark=self.mark, hop=hop)
        found = self.moves.find_next(last.place) if last is not None else None
        return self._replace(last, last.hop + 1, found) if last is not None and found is not None else None

    def _replace(self, last: LastSaved, hop: int, found: FoundMove) -> RenderedPage | None:
        """Save over what was recalled or expected, and show the page if that stood there."""
        place = found.place
        try:
            done = self.parts.sessions.replace(last, mark=self.mark, hop=hop, state=place.dump(), place=place)
        except Unavailable:
            self.parts.count.add("unsaved", channel=self.inbound.channel)
            done = True
        return self._show_remembered(found.move) if done else None

    def _answer_loaded(self, asking: Asking) -> RenderedPage:
        stored = self._load(asking)
        place = self._split_own(stored)
        found = self.moves.find_next(place) if place is not None else None
        if found is not None and stored is not None:
            self._save(asking, stored, found.place, stored.hop + 1, may_stay=True)
            return self._show_remembered(found.move)
        saved = read_saved(stored)
        post = Post(self.mark, self.inbound.text, self.inbound.turn, self.inbound.first)
        how = place_post(post, stored, saved, accumulates=self.contract.accumulates, now=self.begun)
        if how is PostKind.REPEAT and saved is not None:
            return self._show_saved(saved)
        refuse_loop()  # before anything is counted or done
        if how is PostKind.FIRST and stored is not None and stored.mark == self.mark:
            self._drop_earlier(asking)
        moved, hop = self._find_page(how, stored, saved)
        self._save(asking, stored, moved.as_stored(), hop, may_stay=is_rememberable(moved.session))
        return self._show_saved(moved)

    def _split_own(self, stored: Stored | None) -> StoredPlace | None:
        """Take the stored session apart where it is this one."""
        return split_saved(stored) if stored is not None and stored.mark == self.mark else None

    def _show_remembered(self, move: Move) -> RenderedPage:
        self.moves.count_all(move.page.version, move.counted)
        return self._show_saved(move.page)

    def _show_saved(self, held: SavedSession) -> RenderedPage:
        return RenderedPage(reply=held.reply, facts=self._gather_facts(held))

    def _gather_facts(self, held: SavedSession) -> Mapping[str, Any]:
        if not self.contract.shows_facts:
            return {}
        return simulator_facts.gather_facts(held, self.effects_done, self.contract.ussd)

    def _load(self, asking: Asking) -> Stored | None:
        try:
            return asking.load(self.inbound.channel, self.inbound.number, begun=not self.inbound.first)
        except Unavailable:
            self.is_session_unknown = True
            return None

    def _drop_earlier(self, asking: Asking) -> None:
        """Delete an earlier session of the same provider id, which by its number of inputs would win over this one."""
        self.serial = str(self.begun)
        try:
            asking.drop(self.inbound.channel, self.inbound.number)
        except Unavailable:
            self.parts.count.add("unsaved", channel=self.inbound.channel)

    def _find_page(
        self, how: PostKind, stored: Stored | None, held: SavedSession | None
    ) -> tuple[SavedSession, int]:
        if how is PostKind.LOST:
            moved = self._recover_lost()
            return moved, self._hop_count(stored)
        if how is PostKind.FIRST or held is None:
            return self._begin_or_resume(held)
        menu = self._get_menu(held.version)
        if menu is None:  # the version or its reviews were withdrawn: start anew on the live one
            return self._start_session(lost=True), self._hop_count(stored)
        self.begun, self.serial = held.begun or self.begun, held.serial
        page = self._apply_inputs(held, menu)
        place = self._split_own(stored)
        if place is not None and is_rememberable(held.session) and not self.effects_done:
            self.moves.keep_next(place, page, self.facts)
        return page, (stored.hop if stored else 0) + 1

    def _begin_or_resume(self, before: SavedSession | None) -> tuple[SavedSession, int]:
        version, menu = find_served(self.parts, self.inbound.channel)
        if not self.inbound.text:
            resumed = ussd_session.ask_resume(
                self.parts, before, menu, version, self.inbound.number, trial=self.is_trial
            )
            if resumed is not None:
                self.parts.count.add("resumed", channel=self.inbound.channel, version=version)
                return self._render_page(menu, version, resumed, "", self.now), 0
        started = self._start_session(lost=False)
        if self.inbound.text:  # digits dialled behind the code
            pinned = self._get_menu(started.version)
            started = self._apply_inputs(replace(started, inputs=""), pinned) if pinned else started
        return started, self._hop_count(None)

    def _recover_lost(self) -> SavedSession:
        """Show the receipt of a recorded turn; otherwise start anew with a notice. Inputs are never replayed."""
        known = self.inbound.text if self.contract.accumulates else self.inbound.turn
        record = find_record(self.parts, self._turn_key(known)) if known else None
        self.parts.count.add("lost", channel=self.inbound.channel, item="told" if record else "again")
        if record is not None:
            menu = self._get_menu(record.version)
            if menu is not None:
                session = self._settle_record(menu, record)
                return self._render_page(menu, record.version, session, self._text_before(), record.at)
        began = self._start_session(lost=True)
        return (self._jump_to_danger(began) if self.is_session_unknown else None) or began

    def _jump_to_danger(self, began: SavedSession) -> SavedSession | None:
        """Return the danger numbers where the last key leads to them from the first page; else None.

        Only while the session store cannot be reached: every key would otherwise show the first page again.
        """
        menu = self.parts.versions.get(began.version)
        last = self.inbound.text.rpartition("*")[2] if self.contract.accumulates else self.inbound.text
        if menu is None:
            return None
        first = replace(began.session, screen=menu.start, notice="")
        moved = engine.step_session(menu, first, last, self.contract.ussd)
        if moved.effects or moved.session.screen != menu.sos:
            return None
        return self._render_page(menu, began.version, moved.session, self._text_before(), self.now)

    def _start_session(self, *, lost: bool) -> SavedSession:
        version, menu = find_served(self.parts, self.inbound.channel)
        known = replace(self._find_known(menu), lost=lost)
        move = self.moves.find_first(version, menu, known)
        if move is not None:
            self.moves.count_all(version, move.counted)
            return self._build_saved(version, move.page.session, move.page.reply, self._text_before())
        session = engine.begin_session(menu, known)
        self.moves.count_begun(version, session)
        page = self._render_page(menu, version, session, self._text_before(), self.now)
        self.moves.keep_first(menu, known, page, self.facts)
        return page

    def _find_known(self, menu: Menu) -> Known:
        """Return what is known of the number, read once for this post."""
        if self.known is None:
            self.known = find_known(self.parts, menu, self.inbound.number, now=self.now, trial=self.is_trial)
        return self.known

    def _apply_inputs(self, held: SavedSession, menu: Menu) -> SavedSession:
        session, replied_as_of = held.session, self.now
        items = self._list_new_inputs(held)
        for item, so_far in items:
            turn = " ".join(filter(None, (self.inbound.turn, so_far if len(items) > 1 else "")))
            session, replied_as_of = self._apply_input(menu, held.version, session, item, turn or so_far)
            self.moves.note_left(held, item, session)
            if session.ended:
                break
        self.moves.count_left(held.version)
        return self._render_page(menu, held.version, session, items[-1][1], replied_as_of)

    def _list_new_inputs(self, held: SavedSession) -> list[tuple[str, str]]:
        """Return each new input with all inputs up to and including it."""
        if self.contract.accumulates or self.inbound.first:
            return split_inputs(self.inbound.text, held.inputs)
        text = self.inbound.text  # one input, whatever it holds
        return [(text, f"{held.inputs}*{text}" if held.inputs else text)]

    def _text_before(self) -> str:
        """Return the inputs of a session that begins or is lost: what an accumulating provider goes on with."""
        return self.inbound.text if self.contract.accumulates else ""

    def _apply_input(
        self, menu: Menu, version: str, session: Session, item: str, turn: str
    ) -> tuple[Session, datetime]:
        moved = engine.step_session(menu, session, item, self.contract.ussd)
        if not moved.effects:
            return moved.session, self.now
        self.effects_done.extend(moved.effects)
        record = self._commit_effects(version, moved, turn)
        if record.at.timestamp() < self.begun - REPEATED_WITHIN and not self.serial:
            # The turn of an earlier session under the same id: this one is a turn of its own.
            self.serial = str(self.begun)
            record = self._commit_effects(version, moved, turn)
        return self._settle_record(menu, record), record.at

    def _commit_effects(self, version: str, moved: Step, turn: str) -> TurnRecord:
        return commit_turn(
            self.parts,
            Turn(
                key=self._turn_key(turn),
                session_key=self._session_key(),
                channel=self.inbound.channel,
                number=self.inbound.number,
                version=version,
                session=moved.session,
                effects=moved.effects,
                now=self.now,
                trial=self.is_trial,
            ),
        )

    def _settle_record(self, menu: Menu, record: TurnRecord) -> Session:
        return engine.settle_session(
            menu, record.session, record.receipts, self.parts.line.for_engine(), record.at
        )

    def _render_page(
        self, menu: Menu, version: str, session: Session, text: str, at: datetime
    ) -> SavedSession:
        reply: Reply = engine.render_reply(
            menu, session, self.parts.line.for_engine(), self.contract.ussd, at
        )
        self.moves.count_page(version, reply, reply.facts)
        self.facts = reply.facts
        told = replace(reply, facts=(), alone=False)  # as it is read back
        return self._build_saved(version, engine.forget_notice(session, reply), told, text)

    def _build_saved(
        self, version: str, session: Session, reply: Reply, text: str, place: str = ""
    ) -> SavedSession:
        return SavedSession(
            version=version,
            inputs=text,
            turn=self.inbound.turn,
            begun=self.begun,
            at=int(self.now.timestamp()),
            serial=self.serial,
            session=session,
            reply=reply,
            place=place,
        )

    def _save(
        self, asking: Asking, stored: Stored | None, place: StoredPlace, hop: int, *, may_stay: bool
    ) -> None:
        try:
            asking.save(
                self.inbound.channel,
                self.inbound.number,
                mark=self.mark,
                hop=hop,
                state=place.dump(),
                read_mark=stored.mark if stored else "",
                place=place if may_stay and may_recall(place) else None,
            )
        except Unavailable:
            self.parts.count.add("unsaved", channel=self.inbound.channel)

    def _get_menu(self, version: str) -> Menu | None:
        return get_served(self.parts, self.inbound.channel, version)

    def _hop_count(self, stored: Stored | None) -> int:
        """Return the number of inputs of a session that begins or is lost, above that of a stored one of its mark."""
        if not self.contract.accumulates and stored is not None and stored.mark == self.mark:
            return stored.hop + 1
        return self.inbound.text.count("*") + 1 if self.inbound.text else 0

    def _session_key(self) -> bytes:
        return self._look_up("session")

    def _turn_key(self, turn: str) -> bytes:
        return self._look_up("turn", turn)

    def _look_up(self, purpose: str, *names: str) -> bytes:
        serial = (self.serial,) if self.serial else ()
        return self.parts.store.ring.lookup(
            purpose, self.inbound.channel, self.inbound.session, *names, *serial
        )


def _write_apology(text: str) -> RenderedPage:
    return RenderedPage(reply=Reply(pieces=(Piece(PieceKind.TEXT, text),), ends=True))
