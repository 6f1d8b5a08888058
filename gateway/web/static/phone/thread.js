/* The texts of one phone: those it sends, and those that are answered, asked for while somebody looks. */

import { Line } from "./line.js";

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
    this.known = new Set();
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
        if (number === this.number()) received.filter((each) => !this.known.has(each.id)).forEach((each) => { this.known.add(each.id); this.add(each.text, "theirs", new Date(each.at)); });
      } catch {
        // The gateway is away: what is here stays, and it is asked again.
      }
    }
    this.again();
  }

  add(text, whose, at = new Date()) {
    this.empty.remove();
    const bubble = document.createElement("div");
    const time = document.createElement("time");
    bubble.className = `bubble ${whose}`;
    bubble.textContent = text;
    time.dateTime = at.toISOString();
    time.textContent = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    bubble.append(time);
    this.list.append(bubble);
    this.list.scrollTop = this.list.scrollHeight;
  }
}
