/* The helpline around the phones: its clock, what is out of order on purpose, and the requests of each phone's number. */

import { set } from "./hours.js";

const OFTEN = 2000;
const SELDOM = 10000;
const LIVELY = 45000;
const UNREADABLE = 422;

export class House {
  /** `phones` are the roots of the phones; each is told by an event when something outside it was changed. */
  constructor(root, phones, say) {
    this.root = root;
    this.phones = phones;
    this.say = say;
    this.lively = 0;
    this.token = root.dataset.token;
    set(root.dataset.zone, Number(root.dataset.ahead));
    root.querySelectorAll("[data-deed]").forEach((form) => form.addEventListener("submit", (event) => { event.preventDefault(); this.act(form, event.submitter); }));
    phones.forEach((phone) => {
      phone.addEventListener("done", () => this.stir());
      phone.querySelector("[data-number]").addEventListener("change", () => this.stir());
    });
    this.stir();
  }

  /** Something was done: look more often for a while. */
  stir() {
    this.lively = Date.now() + LIVELY;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), OFTEN / 4);
  }

  async act(form, button) {
    const said = this.root.querySelector("[data-house-said]");
    const fields = new URLSearchParams(new FormData(form));
    if (button && button.name) fields.append(button.name, button.value);
    said.textContent = "";
    try {
      const answer = await fetch(form.action, { method: "POST", body: fields, redirect: "manual" });
      if (answer.type !== "opaqueredirect") said.textContent = answer.status === UNREADABLE ? this.say.no_time : this.say.not_done;
    } catch {
      said.textContent = this.say.not_done;
    }
    this.phones.forEach((phone) => phone.dispatchEvent(new Event("outside")));
    await this.look();
    this.stir();
  }

  async look() {
    clearTimeout(this.timer);
    if (!document.hidden) await Promise.all(this.phones.filter((phone) => !phone.hidden).map((phone) => this.ask(phone)));
    this.timer = setTimeout(() => this.look(), Date.now() < this.lively ? OFTEN : SELDOM);
  }

  async ask(phone) {
    const number = phone.querySelector("[data-number]").value.trim();
    try {
      const answer = await fetch("/phone/state", { method: "POST", body: new URLSearchParams({ csrf_token: this.token, number }) });
      if (!answer.ok) return;
      const state = await answer.json();
      this.show(state);
      House.list(phone.querySelector("[data-requests]"), state.requests);
    } catch {
      // The gateway is away: what is here stays, and it is asked again.
    }
  }

  show({ clock, outages }) {
    const { root } = this;
    set(root.dataset.zone, clock.ahead);
    root.querySelector("[data-clock]").textContent = clock.says;
    root.querySelector("[data-moved]").textContent = clock.moved;
    const at = root.querySelector("[data-at]");
    if (at && document.activeElement !== at) at.value = clock.at;
    Object.entries(outages || {}).forEach(([kind, one]) => {
      root.querySelector(`[data-outage=${kind}]`).setAttribute("aria-pressed", String(one.on));
      root.querySelector(`[data-next=${kind}]`).value = one.on ? "no" : "yes";
      root.querySelector(`[data-said=${kind}]`).textContent = one.says;
    });
  }

  static list(list, requests) {
    const lines = requests && requests.map(({ code, says }) => `${code} · ${says}`);
    const shown = lines && lines.length ? lines : [requests ? list.dataset.none : list.dataset.away];
    list.replaceChildren(...shown.map((text) => {
      const item = document.createElement("li");
      item.textContent = text;
      return item;
    }));
  }
}
