/* Keeps a note on the server while it is written, sealed there; nothing of it stays in this browser. */
"use strict";
(() => {
  const QUIET = 900;
  const AGAIN = 5000;

  function drafting(field) {
    const told = document.getElementById("draft-told");
    let kept = field.defaultValue;
    let timer = 0;
    let last = Promise.resolve(true);

    async function send() {
      const text = field.value;
      if (text === kept) return true;
      try {
        const answer = await fetch(field.dataset.draft, {
          method: "POST", headers: { "X-Draft": "yes" }, body: new URLSearchParams(new FormData(field.form)),
          keepalive: true, signal: AbortSignal.timeout(15000),
        });
        if (answer.status >= 500 || answer.status === 401) throw new Error("not kept");
        kept = text;
        if (answer.ok) told.textContent = await answer.text();
        return true;
      } catch {
        told.textContent = field.dataset.draftLost;
        timer = setTimeout(keep, AGAIN);
        return false;
      }
    }

    function keep() {
      clearTimeout(timer);
      last = last.then(send);
      return last;
    }

    field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(keep, QUIET); });
    document.addEventListener("visibilitychange", () => { if (document.hidden) keep(); });
    window.addEventListener("pagehide", send);
    window.addEventListener("online", keep);
    window.addEventListener("pageshow", keep); // the browser may have put back what was typed before
    return { keep, isDirty: () => field.value !== kept };
  }

  const all = [...document.querySelectorAll("[data-draft]")].map(drafting);
  // No form leaves the page before the note is safe: with the line lost, page and note stay as they are.
  document.addEventListener("submit", (event) => {
    const dirty = all.filter((one) => one.isDirty());
    if (event.target.method !== "post" || !dirty.length) return;
    const { target, submitter } = event;
    event.preventDefault();
    event.stopPropagation();
    Promise.all(dirty.map((one) => one.keep())).then((safe) => {
      if (safe.every(Boolean)) target.requestSubmit(submitter);
      else document.dispatchEvent(new Event("lost"));
    });
  }, true);
})();
