/* The handset: its screen, its keys, and the session that is open on it. */

import { Failed, Line } from "./line.js";

const IDLE = "idle";
const MENU = "menu";
const NOTICE = "notice";
const WAITING = "waiting";
const LONGEST = 160;
const TYPEABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

export class Handset {
  /** `on` hears of each page that was shown and what became of a post: shown(page, walk), posted(), done(words), failed(). */
  constructor(root, line, { code, languages }, say, on) {
    this.root = root;
    this.line = line;
    this.code = code;
    this.languages = languages;
    this.ahead = [];
    this.say = say;
    this.on = on;
    this.page = root.querySelector("[data-page]");
    this.turn = 0;
    this.session = "";
    this.walk = null;
    root.querySelectorAll("[data-key]").forEach((key) => key.addEventListener("click", () => this.press(key.dataset.key)));
    root.addEventListener("keydown", (event) => this.hear(event));
    this.restart();
  }

  get number() { return this.root.querySelector("[data-number]").value.trim(); }
  /** What is typed by itself after dialling: screen and key of each choice of the language that is set. */
  get language() {
    const set = this.languages[this.root.querySelector("[data-language]").value];
    return set ? [...set.typed] : [];
  }
  get dialect() { const chosen = this.root.querySelector("select[data-dialect]"); return chosen && chosen.value ? { dialect: chosen.value } : {}; }
  get network() { return this.root.querySelector("[data-network]").value.trim() || "SIM"; }

  restart() {
    this.turn += 1;
    if (this.session) this.end("incomplete");
    this.walk = null;
    this.last = null;
    this.line.forget();
    this.idle();
    this.on.shown(null, null);
    this.on.posted();
  }

  press(key) {
    if (key === "up" || key === "down") this.page.scrollBy({ top: key === "up" ? -this.step() : this.step() });
    else if (key === "red") this.hangUp();
    else if (key === "erase") this.erase();
    else if (key === "right") this.right();
    else if (key === "green" || key === "left") this.go();
    else this.type(key);
  }

  hear(event) {
    if (event.ctrlKey && event.key === "Enter" && !event.target.closest("form")) { event.preventDefault(); this.dialAnew(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog")) return;
    if (event.key === "Escape") { event.preventDefault(); this.hangUp(); return; }
    const onKey = event.target.closest("button, a, summary");
    if (/^[0-9*#]$/.test(event.key) || (!onKey && event.key.length === 1 && event.key !== " " && TYPEABLE.test(event.key))) {
      event.preventDefault();
      this.type(event.key);
    } else if (event.key === "Backspace") {
      event.preventDefault();
      this.erase();
    } else if (event.key === "Enter" && !onKey) {
      event.preventDefault();
      this.go();
    }
  }

  dialAnew() {
    if (this.state === WAITING) return;
    if (this.session) this.end("incomplete");
    this.state = IDLE;
    if (!this.typed) this.typed = this.code;
    this.dial();
  }

  go() {
    if (this.state === IDLE && this.typed) this.dial();
    else if (this.state === MENU && this.typed) this.send();
    else if (this.state === NOTICE) this.idle();
  }

  right() {
    if (this.state === MENU && !this.typed) this.hangUp();
    else if (this.state === NOTICE) this.idle();
    else if (this.state !== WAITING) this.put("");
  }

  type(letter) {
    if (this.state === NOTICE || this.state === WAITING) return;
    if (this.typed.length < LONGEST) this.put(this.typed + letter);
  }

  erase() {
    if (this.state === IDLE || this.state === MENU) this.put(this.typed.slice(0, -1));
  }

  hangUp() {
    if (this.state === IDLE) { this.put(""); return; }
    if (this.state === NOTICE) { this.idle(); return; }
    this.turn += 1;
    this.end("incomplete");
    this.notice(this.say.ended);
  }

  /** The connection is lost: the gateway is told nothing. */
  drop() {
    if (!this.session) { this.on.done(this.say.no_call); return; }
    this.turn += 1;
    this.session = "";
    this.notice(this.say.lost);
  }

  timeOut() {
    if (!this.session) { this.on.done(this.say.no_call); return; }
    this.turn += 1;
    this.end("incomplete");
    this.notice(this.say.timed_out);
  }

  /** Send the last input once more, as networks do, and compare the answers. */
  async twice() {
    if (this.state === WAITING) return;
    if (!this.line.posted || !this.last) { this.on.done(this.say.no_call); return; }
    try {
      const again = await this.line.hop(this.line.posted);
      const same = again.raw === this.last.raw && !(again.facts && again.facts.effects.length);
      this.on.done(same ? this.say.same : this.say.other);
    } catch (error) {
      this.failed(error);
    }
    this.on.posted();
  }

  /** Ring the line once and hang up; who is called back for it, the gateway decides. */
  async ring() {
    if (this.state === WAITING) return;
    if (this.state === MENU) { this.on.done(this.say.in_a_call); return; }
    try {
      await this.line.post("voice", { phoneNumber: this.number, id: `SIMring_${Line.id()}` });
      this.notice(this.say.rang);
    } catch (error) {
      this.failed(error);
    }
    this.on.posted();
  }

  dial() {
    this.dialled = this.typed;
    this.sent = [];
    this.ahead = this.language;
    this.session = `SIMid_${Line.id()}`;
    this.caller = this.number;
    this.walk = { dial: this.dialled, number: this.caller, keys: [], seen: [], codes: [], first: null };
    return this.hop();
  }

  send() {
    this.sent.push(this.typed);
    this.walk.keys.push(this.walk.codes.includes(this.typed) ? "{code}" : this.typed);
    return this.hop();
  }

  async hop() {
    const turn = (this.turn += 1);
    this.put("");
    this.show(WAITING, this.say.waiting);
    const fields = {
      sessionId: this.session, phoneNumber: this.caller, networkCode: this.network, serviceCode: this.dialled, text: this.sent.join("*"), ...this.dialect,
    };
    try {
      const page = await this.line.hop(fields);
      if (turn !== this.turn) return;
      this.take(page);
    } catch (error) {
      if (turn === this.turn) this.failed(error);
    }
    this.on.posted();
  }

  take(page) {
    this.last = page;
    this.walk.seen.push(page.screen);
    this.walk.first ||= page.facts;
    const code = page.facts && page.facts.session.code;
    if (code && !this.walk.codes.includes(code)) this.walk.codes.push(code);
    if (page.millis > Line.LIMIT) {
      this.session = "";
      this.notice(this.say.gave_up);
    } else if (page.ends) {
      this.end("success");
      this.notice(page.text, page.facts);
    } else {
      this.show(MENU, page.text, page.facts);
    }
    this.on.shown(page, this.walk);
    this.typeAhead(page);
  }

  typeAhead(page) {
    const [next] = this.ahead;
    if (this.state !== MENU || !next || next[0] !== page.screen) { this.ahead = []; return; }
    this.ahead.shift();
    this.put(next[1]);
    this.send();
  }

  failed(error) {
    if (!(error instanceof Failed)) throw error;
    this.session = "";
    this.notice(`${this.say.gave_up}\n\n${error.message}`);
    this.on.failed();
  }

  end(status) {
    const session = this.session;
    this.session = "";
    if (!session) return;
    this.line.post("ussd-end", { sessionId: session, phoneNumber: this.caller, status }).catch(() => {});
  }

  idle() {
    this.session = "";
    this.show(IDLE, this.network);
    this.put(this.code);
  }

  notice(words, facts = null) {
    this.put("");
    this.show(NOTICE, words, facts);
  }

  show(state, words, facts = null) {
    this.state = state;
    const page = document.createElement("p");
    page.textContent = words;
    if (facts) page.lang = facts.language;
    this.page.replaceChildren(page);
    this.page.scrollTop = 0;
    this.name();
  }

  put(typed) {
    this.typed = typed;
    this.root.querySelector("[data-typed]").textContent = typed;
    this.name();
  }

  /** Say on the screen, and to those who cannot see it, what the two soft keys do now. */
  name() {
    const { say } = this;
    const left = { [IDLE]: say.call, [MENU]: say.send, [NOTICE]: say.ok, [WAITING]: "" }[this.state] || "";
    const right = { [IDLE]: say.clear, [MENU]: this.typed ? say.clear : say.cancel, [NOTICE]: "", [WAITING]: "" }[this.state] || "";
    Object.entries({ left, right }).forEach(([side, word]) => {
      this.root.querySelector(`[data-soft=${side}]`).textContent = word;
      this.root.querySelector(`[data-key=${side}]`).setAttribute("aria-label", word || "–");
    });
    this.root.querySelector("[data-prompt]").textContent = { [IDLE]: say.dial, [MENU]: say.reply }[this.state] || "";
    this.root.querySelector("[data-screen]").dataset.state = this.state;
  }

  step() { return Number.parseFloat(getComputedStyle(this.page).lineHeight) * 2; }
}
