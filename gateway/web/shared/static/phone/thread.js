/* The texts of one phone: those it sends, and those that are answered, asked for while somebody looks. */

import { hour, now } from "./hours.js";
import { Line } from "./line.js";
import { filled } from "./truth.js";

const OFTEN = 1500;
const SELDOM = 15000;
const LIVELY = 60000;

export class Thread {
  constructor(root, line, to, say, number) {
    this.root = root;
    this.line = line;
    this.say = say;
    this.number = number;
    this.list = root.querySelector("[data-thread]");
    this.known = new Map();
    this.lively = 0;
    root.querySelector("[data-to]").value = to;
    root.querySelector("[data-sms]").addEventListener("submit", (event) => { event.preventDefault(); this.send(); });
    root.querySelector("[data-number]").addEventListener("change", () => this.forget());
    this.forget();
    this.again();
  }

  /** Something was done that may be answered by a text: look more often for a while. */
  stir() {
    this.lively = Date.now() + LIVELY;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), OFTEN / 3);
  }

  forget() {
    this.known.clear();
    this.list.replaceChildren();
    this.empty = document.createElement("p");
    this.empty.className = "hint";
    this.empty.textContent = this.list.dataset.empty;
    this.list.append(this.empty);
  }

  async send() {
    const field = this.root.querySelector("[data-words]");
    const said = this.root.querySelector("[data-sms-said]");
    const text = field.value;
    if (!text.trim()) { field.focus(); return; }
    said.textContent = "";
    try {
      await this.line.post("sms", { from: this.number(), to: this.root.querySelector("[data-to]").value, id: `SIMsms_${Line.id()}`, text });
      this.add(text, "mine");
      field.value = "";
      said.textContent = this.say.sent;
    } catch (error) {
      said.textContent = `${this.say.not_sent}: ${error.message}`;
    }
    this.stir();
    this.root.dispatchEvent(new Event("posted"));
  }

  again() { this.timer = setTimeout(() => this.look(), Date.now() < this.lively ? OFTEN : SELDOM); }

  async look() {
    clearTimeout(this.timer);
    const number = this.number();
    if (!document.hidden && this.root.offsetParent !== null && number) {
      try {
        const received = await this.line.thread(number);
        if (number === this.number()) received.forEach((each) => this.take(each));
      } catch {
        // The gateway is away: what is here stays, and it is asked again.
      }
    }
    this.again();
  }

  /** Show a text of ours, or what became of one that is shown already. */
  take(each) {
    const bubble = this.known.get(each.id) || this.add(each.text, "theirs", new Date(each.at));
    if (this.known.has(each.id) && bubble.dataset.state === each.state) return;
    this.known.set(each.id, bubble);
    bubble.dataset.state = each.state;
    bubble.querySelector("small").textContent = this.true(each);
    this.list.scrollTop = this.list.scrollHeight;
  }

  /** What a text of ours takes and costs, and where it stands while it is not on the phone. */
  true({ state, coding, units, room, parts, most, cost }) {
    const { say } = this;
    const size = filled(say.units, { n: units, limit: room });
    const count = filled(parts === 1 ? say.part : say.parts, { n: parts, most });
    const words = [say[coding], size, count, cost && filled(say.cost, { cost })];
    return [say[`is_${state}`], words.filter(Boolean).join(" · ")].filter(Boolean).join("\n");
  }

  add(text, whose, at = now()) {
    this.empty.remove();
    const bubble = document.createElement("div");
    const time = document.createElement("time");
    const small = document.createElement("small");
    bubble.className = `bubble ${whose}`;
    bubble.textContent = text;
    time.dateTime = at.toISOString();
    time.textContent = hour(at);
    bubble.append(small, time);
    this.list.append(bubble);
    this.list.scrollTop = this.list.scrollHeight;
    return bubble;
  }
}
