/* One phone's line: posts to the simulator's webhook as a network does, and notes what it posted. */

const LIMIT = 10000;
const SLOW = 4000;

const wait = (millis) => new Promise((done) => { setTimeout(done, millis); });

const id = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
};

const shell = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`;

export class Failed extends Error {}

export class Line {
  /** `beside` goes with every post: the token of the page where the posts go to the page itself. */
  constructor(paths, say, beside = {}) {
    this.paths = paths;
    this.beside = beside;
    this.say = say;
    this.slow = false;
    this.posted = null;
    this.received = null;
  }

  forget() {
    this.posted = null;
    this.received = null;
  }

  static id = id;
  static LIMIT = LIMIT;

  /** Post an event once; what came back, with the milliseconds that it took. */
  async post(event, fields) {
    if (event !== "ussd-end") this.received = { event, fields };
    const from = performance.now();
    let answer;
    try {
      answer = await fetch(this.paths[event], {
        method: "POST",
        body: new URLSearchParams({ ...fields, ...this.beside }),
        redirect: "error",
        signal: AbortSignal.timeout(3 * LIMIT),
      });
    } catch {
      throw new Failed(this.say.no_gateway);
    }
    const text = await answer.text();
    const millis = Math.round(performance.now() - from);
    if (!answer.ok) throw new Failed(this.say.refused.replace("{status}", answer.status).replace("{words}", text.slice(0, 120)));
    return { text, millis, headers: answer.headers };
  }

  /** Post one input of a session and read the page, as slowly as the network is. */
  async hop(fields) {
    this.posted = fields;
    const delay = this.slow ? SLOW : 0;
    if (delay) await wait(delay);
    const answer = await this.post("ussd", fields);
    if (delay) await wait(delay);
    const [kind] = answer.text.split(" ", 1);
    if (kind !== "CON" && kind !== "END") throw new Failed(this.say.refused.replace("{status}", 200).replace("{words}", answer.text.slice(0, 120)));
    const facts = JSON.parse(answer.headers.get("X-Facts") || "null");
    return {
      text: answer.text.slice(kind.length + 1),
      raw: answer.text,
      ends: kind === "END",
      screen: answer.headers.get("X-Screen") || "",
      millis: answer.millis + 2 * delay,
      facts,
      exchange: JSON.parse(answer.headers.get("X-Exchange") || "null"),
    };
  }

  async thread(number) {
    const answer = await fetch(this.paths.thread, { method: "POST", body: new URLSearchParams({ phoneNumber: number }) });
    if (!answer.ok) throw new Failed(await answer.text());
    return answer.json();
  }

  curl() {
    if (!this.received) return "";
    const fields = Object.entries(this.received.fields).map(([name, value]) => `  --data-urlencode ${shell(`${name}=${value}`)}`);
    return [`curl ${shell(location.origin + this.paths[this.received.event])}`, ...fields].join(" \\\n");
  }
}
