/* A sound when a request becomes due or somebody is in danger, until somebody looks: only where it was switched on. */
"use strict";
(() => {
  const SETTING = "sound";
  const EVERY = 3000;
  const boxes = () => document.querySelectorAll("[data-sound]");
  const isOn = () => localStorage.getItem(SETTING) === "on";
  let speaker;
  let known;
  let unseen = false;

  function ring() {
    speaker = speaker || new AudioContext();
    speaker.resume(); // a browser is silent until a key or a finger has touched the page
    [0, 0.25].forEach((after) => {
      const tone = speaker.createOscillator();
      const loud = speaker.createGain();
      const at = speaker.currentTime + after;
      tone.frequency.value = 880;
      loud.gain.value = 0.3;
      tone.connect(loud).connect(speaker.destination);
      tone.start(at);
      tone.stop(at + 0.15);
    });
    const heard = (boxes()[0] || document.body).dataset;
    heard.rang = Number(heard.rang || 0) + 1;
  }

  function notice() {
    const line = document.querySelector("[data-due]");
    if (!line) return;
    const now = { due: Number(line.dataset.due), danger: line.dataset.newest };
    const isNew = known && (now.due > known.due || (now.danger && now.danger !== known.danger));
    known = now;
    if (!isNew || !isOn()) return;
    unseen = true;
    ring();
  }

  function begin() {
    boxes().forEach((box) => { box.checked = isOn(); box.closest("label").hidden = false; });
    notice();
  }

  document.addEventListener("change", (event) => {
    const box = event.target;
    if (!box.matches("[data-sound]")) return;
    localStorage.setItem(SETTING, box.checked ? "on" : "off");
    begin();
    if (box.checked) ring(); // so that the ear knows it, and the browser that it may
  });
  ["keydown", "pointerdown", "pointermove"].forEach((sign) => document.addEventListener(sign, () => { unseen = false; }));
  document.addEventListener("htmx:after:swap", notice);
  document.addEventListener("signed:out", () => { if (isOn()) ring(); }); // from now on this page hears nothing more
  setInterval(() => { if (unseen && isOn()) ring(); }, EVERY);
  document.addEventListener("arrived", begin);
  begin();
})();
