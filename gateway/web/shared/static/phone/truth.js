/* What is true of the page on the screen: its room, its place, what was done, what the session knows. */

import { Line } from "./line.js";

const NONE = "–";

export const filled = (words, values) => words.replace(/\{(\w+)\}/g, (_all, name) => values[name]);

function pair(list, name, value) {
  const row = document.createElement("div");
  const term = document.createElement("dt");
  const text = document.createElement("dd");
  term.textContent = name;
  text.textContent = value;
  row.append(term, text);
  list.append(row);
}

function words(value) {
  if (Array.isArray(value)) return value.join(" ");
  if (value && typeof value === "object") return Object.entries(value).map(([name, each]) => `${name} ${each}`).join(", ");
  return String(value);
}

export class Truth {
  constructor(root, line, say) {
    this.root = root;
    this.line = line;
    this.say = say;
    this.path = root.querySelector("[data-path]");
    this.source = root.closest("[data-phones]").dataset.source;
    this.known = root.querySelector("[data-known]");
    root.querySelector("[data-copy]").addEventListener("click", () => this.copy());
  }

  show(page, walk) {
    const facts = page && page.facts;
    const { say } = this;
    this.fact("kind", page && (page.ends ? say.ends : say.goes_on));
    this.fact("coding", facts && say[facts.coding]);
    this.fact("units", facts && filled(say.units, { n: facts.units, limit: facts.limit }));
    this.fact("page", facts && filled(say.page, { n: facts.page, m: facts.pages }));
    this.fact("time", page && filled(say.time, { ms: page.millis, limit: Line.LIMIT / 1000 }));
    this.fact("language", facts && facts.language);
    this.meter(page ? page.millis / Line.LIMIT : 0);
    this.done(facts ? facts.effects.map((effect) => this.deed(effect)).join("; ") : "");
    this.way(page, walk);
    this.knows(facts);
    this.exchange(page, facts);
  }

  done(text) { this.root.querySelector("[data-done]").textContent = text; }

  posted() { this.root.querySelector("[data-curl]").textContent = this.line.curl() || NONE; }

  fact(name, text) { this.root.querySelector(`[data-fact=${name}]`).textContent = text || NONE; }

  meter(share) {
    const bar = this.root.querySelector("[data-meter]");
    bar.style.width = `${Math.min(100, 100 * share)}%`;
    bar.className = share > 0.5 ? "late" : "";
  }

  deed(effect) {
    const told = { ...effect, ...effect.answers };
    const details = ["topic", "danger", "when", "code", "woman", "sms_safe", "other_language", "digit"]
      .filter((name) => told[name]).map((name) => `${name} ${told[name]}`);
    return [this.say[effect.is] || effect.is, details.join(", ")].filter(Boolean).join(": ");
  }

  /** Each screen that was shown in this session, with the line of YAML that it comes from. */
  way(page, walk) {
    if (!page || !walk || walk.seen.length <= 1) this.path.replaceChildren();
    if (!page || !page.screen) return;
    const link = document.createElement(page.facts ? "a" : "span");
    link.textContent = page.screen;
    if (page.facts) {
      link.href = `${this.source || `/phone/yaml/${encodeURIComponent(page.facts.version)}`}/${encodeURIComponent(page.screen)}#here`;
      link.target = "yaml"; // in a page of its own: the call on this phone goes on
    }
    const item = document.createElement("li");
    item.append(link);
    this.path.append(item);
  }

  knows(facts) {
    this.known.replaceChildren();
    Object.entries(facts ? facts.session : {}).forEach(([name, value]) => {
      const text = words(value);
      if (text) pair(this.known, name, text);
    });
  }

  /** What a provider of the chosen dialect would post of this turn, and what we would answer. */
  exchange(page, facts) {
    const box = this.root.querySelector("[data-exchange]");
    const found = page && page.exchange;
    if (!box) return;
    box.hidden = !found;
    if (!found) return;
    box.querySelector("[data-posted]").textContent = found.posted;
    box.querySelector("[data-answered]").textContent = found.answered;
    const limit = found.limit[facts && facts.coding === "ucs2" ? 1 : 0];
    const over = facts && facts.units > limit;
    box.querySelector("[data-too-long]").textContent = over ? filled(this.say.too_long, { n: facts.units, limit }) : "";
  }

  async copy() {
    const said = this.root.querySelector("[data-copied]");
    said.textContent = "";
    try {
      await navigator.clipboard.writeText(this.line.curl());
      said.textContent = this.say.copied;
    } catch {
      getSelection().selectAllChildren(this.root.querySelector("[data-curl]"));
    }
  }
}
