/* Puts the phones of the page together; each is whole, and the second one is shown when it is asked for. */

import { Handset } from "./handset.js";
import { set } from "./hours.js";
import { House } from "./house.js";
import { Line } from "./line.js";
import { Saved } from "./saved.js";
import { Thread } from "./thread.js";
import { Truth } from "./truth.js";

function put(root, house, saved) {
  const say = JSON.parse(house.dataset.say);
  const isDraft = "draft" in house.dataset;
  const line = new Line(JSON.parse(house.dataset.paths), say, isDraft ? { csrf_token: house.dataset.token } : {});
  const truth = new Truth(root, line, say);
  const save = root.querySelector("[data-save]");
  let walked = null;
  const thread = isDraft ? { stir() {} } : new Thread(root, line, house.dataset.sms, say, () => root.querySelector("[data-number]").value.trim());
  const languages = JSON.parse(house.dataset.languages);
  const handset = new Handset(root, line, { code: house.dataset.code, languages }, say, {
    shown(page, walk) {
      walked = walk;
      save.disabled = !walk;
      truth.show(page, walk);
      if (page && page.facts && page.facts.effects.length) { thread.stir(); root.dispatchEvent(new Event("done")); }
    },
    posted: () => truth.posted(),
    done: (words) => truth.done(words),
    failed: () => truth.show(null, null),
  });
  const on = (name, act) => root.querySelector(`[data-${name}]`).addEventListener("click", act);
  on("drop", () => handset.drop());
  on("time-out", () => handset.timeOut());
  on("twice", () => handset.twice());
  on("ring", () => handset.ring());
  on("restart", () => handset.restart());
  on("slow", (event) => {
    line.slow = !line.slow;
    event.currentTarget.setAttribute("aria-pressed", String(line.slow));
  });
  on("save", () => saved.open(walked));
  root.addEventListener("posted", () => truth.posted());
  root.addEventListener("outside", () => thread.stir());
  const lines = root.querySelector("select[data-lines]");
  lines.addEventListener("change", () => { root.querySelector("[data-screen]").dataset.lines = lines.value; });
}

const house = document.querySelector("[data-phones]");
if (house) {
  const saved = new Saved(document.getElementById("save"), JSON.parse(house.dataset.say));
  house.hidden = false;
  document.querySelector("[data-without]").hidden = true;
  const phones = [...house.querySelectorAll("[data-phone]")];
  phones.forEach((root) => put(root, house, saved));
  set(house.dataset.zone, 0);
  const beside = document.querySelector("[data-house]"); // a draft of the database has no house around it
  const around = beside ? new House(beside, phones, JSON.parse(house.dataset.say)) : { stir() {} };
  const second = house.querySelector("[data-second]");
  second.addEventListener("click", () => {
    const other = document.getElementById("phone-2");
    other.hidden = !other.hidden;
    second.setAttribute("aria-expanded", String(!other.hidden));
    if (!other.hidden) other.querySelector("[data-page]").focus();
    around.stir();
  });
}
