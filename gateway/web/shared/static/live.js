/* Keeps what is on the page alive: asks every ten seconds while somebody looks, says when contact is lost. */
"use strict";
(() => {
  const EVERY = 10000;
  const QUICK = 2000; // while a call runs, its bar is asked so often
  const HERE_EVERY = 240000;
  const PATIENCE = 60000;
  const bar = document.getElementById("contact");
  const news = document.getElementById("news");
  const over = () => document.getElementById("bar");
  const marks = new WeakMap();
  const began = new WeakMap();
  let { title } = document;
  let seenAt = new Date();
  let lost = false;

  // On a slow line the first press comes before the scripts that it does not need: what asks for news is fetched with the
  // first question, and keys and sound with it, but at once where a keyboard is likely.
  const { dataset: scripts } = document.currentScript;
  const fetched = {};
  const arrived = new Set();
  function need(name) {
    fetched[name] = fetched[name] || new Promise((come) => {
      const script = document.createElement("script");
      script.src = scripts[`${name}Js`];
      script.addEventListener("load", () => { arrived.add(name); setTimeout(come); }); // it may begin in a turn of its own
      script.addEventListener("error", () => { delete fetched[name]; noContact(); rest(); });
      document.head.append(script);
    });
    return fetched[name];
  }
  const needRest = () => ["keys", "sound"].filter((name) => scripts[`${name}Js`]).forEach(need);
  if (window.matchMedia("(any-pointer: fine)").matches) needRest();
  // What keeps words comes with a page that has a field for them, or when the first field is entered.
  if (document.querySelector("[data-draft]")) need("drafts");
  // A page that shows what is typed asks from the first key on.
  if (document.querySelector("[hx-trigger^=input]")) need("asks");

  const live = () => document.querySelectorAll("[data-live]");
  const clock = (at) => `${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;

  // A page that says so when the line is lost; it is asked for only over https, as browsers demand, and with the first
  // question: before, it would take the line from the page that somebody waits for.
  let keepsOffline = !("serviceWorker" in navigator) || !window.isSecureContext;
  function keepOffline() {
    if (!keepsOffline) navigator.serviceWorker.register("/sw.js").catch(() => {});
    keepsOffline = true;
  }

  // Where a sound is to call somebody back to the page, it goes on asking while nobody looks; else once a minute, for
  // the number in the title of a hidden tab.
  const HIDDEN_TURNS = 6;
  const listens = () => localStorage.getItem("sound") === "on";
  let turns = 0;

  function look(event) {
    if (out && !event) return;
    turns += 1;
    if (document.hidden && !listens() && turns % HIDDEN_TURNS) return;
    if (document.querySelector("main[inert]")) return; // the answer to a form comes first
    needRest();
    keepOffline();
    need("asks").then(() => live().forEach((part) => { if (part.offsetParent !== null) part.dispatchEvent(new Event("look")); }));
  }

  function lookAtTheCall() {
    if (!document.hidden && document.querySelector("#bar [data-quick]")) over().dispatchEvent(new Event("look"));
  }

  // What the bar of a call says stands on the page of its request too: when it changes, all is asked at once.
  let stood;
  function bridge() {
    const now = document.querySelector("#bar [data-bridge]");
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

  function say(words, way, to = "/unlock") {
    bar.hidden = !words && !way;
    bar.textContent = words;
    if (!way) return;
    const link = document.createElement("a");
    link.href = `${to}?back=${encodeURIComponent(window.location.pathname + window.location.search)}`;
    link.textContent = way;
    bar.append(" ", link);
  }

  // Somebody on duty is not signed out after two quiet hours: the page goes on ringing, and shows no number any more.
  const mask = () => document.querySelectorAll("a.number").forEach((number) => { number.removeAttribute("href"); number.textContent = "•••"; });
  let locked = false;
  const sayState = () => say(locked ? bar.dataset.locked : "", locked ? bar.dataset.unlock : "");
  function lock(now) {
    if (locked === now) return;
    locked = now;
    sayState();
    if (now) mask();
  }

  // Signed out, perhaps from afar because this phone was lost: what was known of her goes, nothing is asked any more,
  // and what was typed stays in its field.
  let out = false;
  const isEntered = (one) => (/^(checkbox|radio)$/.test(one.type) ? one.checked !== one.defaultChecked : one.type !== "hidden" && "defaultValue" in one && one.value !== one.defaultValue);
  const isTyped = (place) => [...place.querySelectorAll("input, textarea")].some(isEntered);
  function leave() {
    lost = true;
    if (out) return;
    out = true;
    document.dispatchEvent(new Event("signed:out"));
    mask();
    live().forEach((part) => { marks.delete(part); delete part.dataset.mark; if (!isTyped(part)) part.replaceChildren(); });
    document.querySelectorAll("main .note, .one > section").forEach((one) => { if (!isTyped(one)) one.remove(); });
    say("", bar.dataset.out, "/sign-in");
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
    if (out && !isTyped(document)) window.location.reload();
    out = false;
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
    if (status === 401) leave();
    else if (status >= 500) noContact();
    else if (status !== 423) {
      inContact();
      if (status === 200) marks.set(ctx.sourceElement, headers.get("ETag"));
    }
  });
  document.addEventListener("htmx:error", (event) => {
    if (event.detail.ctx && event.detail.ctx.sourceElement.matches("[data-live]")) noContact();
  });
  document.addEventListener("htmx:after:swap", () => { count(); bridge(); fold(); });
  document.addEventListener("visibilitychange", look);
  window.addEventListener("online", look);
  window.addEventListener("focus", (event) => { if (out) look(event); });
  window.addEventListener("offline", noContact);
  document.addEventListener("lost", noContact);
  // A press shows at once that it was taken, whatever the line does then.
  const press = (target) => target && target.setAttribute("aria-busy", "true");
  function rest() {
    document.querySelectorAll("[aria-busy]").forEach((one) => one.removeAttribute("aria-busy"));
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  }
  document.addEventListener("refused", rest);
  document.addEventListener("submit", (event) => { if (event.target.method === "post") press(event.submitter); }, true);
  document.addEventListener("focusin", (event) => { if (event.target.form && event.target.form.querySelector("[data-draft]")) need("drafts"); });
  // A form that would leave the page before the script came that keeps its words waits for it.
  document.addEventListener("submit", (event) => {
    const { target, submitter } = event;
    if (!fetched.drafts || arrived.has("drafts") || target.method !== "post" || target.querySelector("[data-draft]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    fetched.drafts.then(() => target.requestSubmit(submitter));
  }, true);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='/']");
    if (link && !link.target && !event.defaultPrevented && !event.button && !event.ctrlKey && !event.metaKey && !event.shiftKey) press(link);
  });
  // Whether a thumb pressed: only a phone has a dialler.
  let byThumb = false;
  document.addEventListener("pointerdown", (event) => { byThumb = event.pointerType === "touch"; }, true);

  // The answer to a form takes the place of what was on the page: one trip, and styles and scripts stay.
  let shown = window.location.pathname + window.location.search;
  const PARTS = ["#skips", "header.top .tabs", "#said", "#bar", "#main"];
  function put(text, at) {
    const next = new DOMParser().parseFromString(text, "text/html");
    if (next.querySelector("header.top") && document.querySelector("header.top")) {
      PARTS.forEach((part) => { const old = document.querySelector(part); if (old) old.replaceWith(next.querySelector(part) || ""); });
      document.querySelectorAll("details.dropdown[open]").forEach((menu) => { menu.open = false; });
    } else document.body.replaceChildren(...next.body.childNodes);
    document.body.toggleAttribute("data-in-place", next.body.hasAttribute("data-in-place"));
    document.documentElement.lang = next.documentElement.lang;
    title = next.title;
    document.title = title;
    arrive(at);
  }

  // As after any load: the address, the place on the page, where the keyboard goes on.
  function arrive(at) {
    const to = new URL(at || shown, window.location.origin);
    if (to.pathname + to.search !== shown) window.history.pushState(null, "", to);
    shown = to.pathname + to.search;
    document.querySelectorAll("header.top input[name=back]").forEach((field) => { field.value = shown; });
    if (window.htmx) window.htmx.process(document.body);
    document.dispatchEvent(new Event("arrived"));
    count();
    bridge();
    const begins = document.querySelector("[autofocus], #one, #main");
    if (begins) begins.focus({ preventScroll: true });
    const place = document.getElementById(to.hash.slice(1));
    if (place) place.scrollIntoView(); else window.scrollTo(0, 0);
  }
  window.addEventListener("popstate", () => {
    if (window.location.pathname + window.location.search !== shown) window.location.reload();
  });

  // The number is on the page now: whoever pressed Call on a phone means to call, and the dialler still asks.
  function dial(form) {
    const number = document.querySelector("a.number");
    if (byThumb && number && form.getAttribute("action").endsWith("/call")) number.click();
  }

  const small = window.matchMedia("(max-width: 899px)"); // as in the styles: the list is hidden beside a request
  async function send(form, submitter) {
    const main = document.getElementById("main");
    const fields = new URLSearchParams(new FormData(form));
    if (submitter && submitter.name) fields.append(submitter.name, submitter.value);
    main.inert = true; // nothing is typed into a page that goes, and no key does a deed on it
    try {
      const answer = await fetch((submitter && submitter.getAttribute("formaction")) || form.getAttribute("action"), {
        method: "POST", headers: { "X-Page": small.matches ? "narrow" : "yes" }, body: fields, signal: AbortSignal.timeout(PATIENCE),
      });
      const isPage = (answer.headers.get("Content-Type") || "").startsWith("text/html");
      if (answer.status >= 500 || !isPage) throw new Error("no page");
      put(await answer.text(), answer.headers.get("X-Page") || (answer.redirected && answer.url));
      inContact();
      dial(form);
    } catch {
      noContact();
      document.dispatchEvent(new Event("stayed"));
    }
    if (main.isConnected) {
      main.inert = false;
      if (submitter) submitter.focus();
    }
    rest();
  }

  // A form that is sent twice by an impatient thumb goes out once; without a line it stays, with all that was typed.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (navigator.onLine === false) {
      event.preventDefault();
      noContact();
      rest();
    } else if (form.dataset.sent) event.preventDefault();
    else {
      form.dataset.sent = "yes";
      if (!document.body.hasAttribute("data-in-place") || form.dataset.plain !== undefined) return;
      event.preventDefault();
      send(form, event.submitter);
    }
  });
  // Whoever folded the panel of outcomes finds it so when the call is looked at again.
  let folded = false;
  document.addEventListener("toggle", ({ target }) => {
    if (target.matches("[data-folds]")) folded = !target.open;
    else if (target.matches("details.dropdown")) needRest(); // the switches in the menu are theirs
  }, true);
  document.addEventListener("arrived", () => { folded = false; });
  function fold() {
    const panel = document.querySelector("[data-folds]");
    if (panel && folded) panel.open = false;
  }

  window.addEventListener("pageshow", (event) => {
    rest();
    // From the browser's memory comes an old page: ask at once.
    if (event.persisted) window.location.reload();
  });
  function here() {
    if (document.hidden || out) return;
    document.querySelectorAll("[data-here]").forEach((form) => form.dispatchEvent(new Event("here")));
  }

  setInterval(() => look(), EVERY);
  setInterval(lookAtTheCall, QUICK);
  setInterval(tick, 500);
  bridge();
  setInterval(here, HERE_EVERY);
  count();
})();
