/* Keeps what is on the page alive: asks every ten seconds while somebody looks, says when contact is lost. */
"use strict";
(() => {
  const EVERY = 10000;
  const QUICK = 2000; // while a call runs, its bar is asked so often
  const HERE_EVERY = 240000;
  const bar = document.getElementById("contact");
  const news = document.getElementById("news");
  const over = document.getElementById("bar");
  const marks = new WeakMap();
  const began = new WeakMap();
  const title = document.title;
  let seenAt = new Date();
  let lost = false;

  const live = () => document.querySelectorAll("[data-live]");
  const clock = (at) => `${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;

  // Where a sound is to call somebody back to the page, it goes on asking while nobody looks; else once a minute, for
  // the number in the title of a hidden tab.
  const HIDDEN_TURNS = 6;
  const listens = () => localStorage.getItem("sound") === "on";
  let turns = 0;

  function look() {
    turns += 1;
    if (document.hidden && !listens() && turns % HIDDEN_TURNS) return;
    live().forEach((part) => { if (part.offsetParent !== null) part.dispatchEvent(new Event("look")); });
  }

  function lookAtTheCall() {
    if (!document.hidden && over && over.querySelector("[data-quick]")) over.dispatchEvent(new Event("look"));
  }

  // What the bar of a call says stands on the page of its request too: when it changes, all is asked at once.
  let stood;
  function bridge() {
    const now = over && over.querySelector("[data-bridge]");
    const stands = now ? now.dataset.bridge : "";
    if (stood !== undefined && stands !== stood) look();
    stood = stands;
  }

  // The clock of the server counts: how long they talk is what it said, and what passed here since.
  function tick() {
    document.querySelectorAll("[data-lasts]").forEach((shown) => {
      const { now } = shown.dataset;
      const known = began.get(shown);
      if (!known || known.now !== now) began.set(shown, { now, at: performance.now() });
      const passed = Date.parse(now) - Date.parse(shown.dateTime) + performance.now() - began.get(shown).at;
      const seconds = Math.max(0, Math.floor(passed / 1000));
      shown.textContent = `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
    });
  }

  function say(words, way) {
    bar.hidden = !words;
    bar.textContent = words;
    if (!way) return;
    const link = document.createElement("a");
    link.href = `/unlock?back=${encodeURIComponent(window.location.pathname + window.location.search)}`;
    link.textContent = way;
    bar.append(" ", link);
  }

  // Somebody on duty is not signed out after two quiet hours: the page goes on ringing, and shows no number any more.
  let locked = false;
  const sayState = () => say(locked ? bar.dataset.locked : "", locked ? bar.dataset.unlock : "");
  function lock(now) {
    if (locked === now) return;
    locked = now;
    sayState();
    if (now) document.querySelectorAll("a.number").forEach((number) => { number.removeAttribute("href"); number.textContent = "•••"; });
  }

  // Whether somebody would see or hear what is new: a sound that may be played, or a page in view that was just touched.
  const TOUCHED = 300000;
  let touchedAt = performance.now();
  ["keydown", "pointerdown", "pointermove"].forEach((sign) => document.addEventListener(sign, () => { touchedAt = performance.now(); }, { passive: true }));
  function isHeard() {
    const rings = listens() && (!navigator.userActivation || navigator.userActivation.hasBeenActive);
    return rings || (!document.hidden && performance.now() - touchedAt < TOUCHED);
  }

  function inContact() {
    seenAt = new Date();
    if (lost) sayState();
    lost = false;
  }

  function noContact() {
    lost = true;
    say(bar.dataset.lost.replace("{t}", clock(seenAt)));
  }

  function count() {
    const line = document.querySelector("[data-due]");
    if (!line) return;
    document.querySelectorAll("[data-n]").forEach((badge) => {
      badge.textContent = line.dataset[badge.dataset.n];
      badge.hidden = !Number(badge.textContent);
    });
    const due = Number(line.dataset.due);
    document.title = due ? `(${due}) ${title.replace(/^\(\d+\) /, "")}` : title.replace(/^\(\d+\) /, "");
    const danger = line.dataset.newest;
    if (news.dataset.newest !== undefined && news.dataset.newest !== danger && danger) news.textContent = line.dataset.says;
    news.dataset.newest = danger;
  }

  document.addEventListener("htmx:config:request", (event) => {
    const { ctx } = event.detail;
    ctx.request.headers["X-Polls"] = isHeard() ? "heard" : "yes"; // nothing that the page does by itself keeps somebody signed in
    if (!ctx.sourceElement.matches("[data-live]")) return;
    const mark = marks.get(ctx.sourceElement) || ctx.sourceElement.dataset.mark;
    if (mark) ctx.request.headers["If-None-Match"] = mark;
  });
  document.addEventListener("htmx:before:response", (event) => {
    const { ctx } = event.detail;
    if (!ctx.sourceElement.matches("[data-live]")) return;
    const { status, headers } = ctx.response;
    if (status < 500) lock(headers.get("X-Locked") === "yes");
    if (status === 401) {
      if (bar.textContent !== bar.dataset.out) document.dispatchEvent(new Event("signed:out"));
      lost = true;
      say(bar.dataset.out);
    } else if (status >= 500) {
      noContact();
    } else if (status !== 423) {
      inContact();
      if (status === 200) marks.set(ctx.sourceElement, headers.get("ETag"));
    }
  });
  document.addEventListener("htmx:error", (event) => {
    if (event.detail.ctx && event.detail.ctx.sourceElement.matches("[data-live]")) noContact();
  });
  document.addEventListener("htmx:after:swap", () => { count(); bridge(); });
  document.addEventListener("visibilitychange", look);
  window.addEventListener("online", look);
  window.addEventListener("offline", noContact);
  document.addEventListener("lost", noContact);
  // A form that is sent twice by an impatient thumb goes out once; without a line it stays, with all that was typed.
  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post") return;
    if (navigator.onLine === false) {
      event.preventDefault();
      noContact();
    } else if (event.target.dataset.sent) event.preventDefault();
    else event.target.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", (event) => {
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
    // From the browser's memory comes an old page: ask at once.
    if (event.persisted) window.location.reload();
  });
  function here() {
    if (document.hidden) return;
    document.querySelectorAll("[data-here]").forEach((form) => form.dispatchEvent(new Event("here")));
  }

  // For a page that says so when the line is lost; it is asked for only over https, as browsers demand.
  if ("serviceWorker" in navigator && window.isSecureContext) navigator.serviceWorker.register("/sw.js").catch(() => {});
  if (live().length) setInterval(look, EVERY);
  if (over) setInterval(lookAtTheCall, QUICK);
  setInterval(tick, 500);
  bridge();
  setInterval(here, HERE_EVERY);
  count();
})();
