/* Keeps a note on the server while it is written, sealed there; nothing of it stays in this browser. */
"use strict";
(() => {
  const QUIET = 900;
  const AGAIN = 5000;

  // A form of an earlier sign-in has an old token: the same person gets a fresh one, anybody else is told whose it is.
  async function renewed(form) {
    const answer = await fetch(`/form-token?as=${encodeURIComponent(form.elements.as ? form.elements.as.value : "")}`, { headers: { "X-Draft": "yes" } });
    const said = await answer.text();
    if (!answer.ok) return { status: answer.status, said };
    document.querySelectorAll("input[name=csrf_token]").forEach((field) => { field.value = said; });
    return null;
  }

  function drafting(field, signal) {
    const told = document.getElementById("draft-told");
    const { dataset, form } = field;
    // Of a sheet everything is kept, of a note its words.
    const isSheet = form.dataset.sheet !== undefined;
    const words = () => (isSheet ? new URLSearchParams([...new FormData(form)].filter(([name]) => name !== "csrf_token")).toString() : field.value);
    // Something may have been entered before this script came, or by the browser itself.
    const isEntered = (one) => ("checked" in one && one.checked !== one.defaultChecked) || (one.type !== "hidden" && "defaultValue" in one && one.value !== one.defaultValue);
    let kept = dataset.typed === undefined ? field.defaultValue : ""; // or put back by a page that refused it
    if (isSheet) kept = dataset.typed !== undefined || [...form.elements].some(isEntered) ? "" : words();
    let timer = 0;
    let last = Promise.resolve(true);
    let refused = "";
    let warned = false;

    // What is not kept must not look like "kept": it is read in passing.
    function say(words, way) {
      told.textContent = words;
      told.classList.add("unkept");
      if (!way) return;
      const link = document.createElement("a");
      [link.href, link.target, link.textContent] = ["/sign-in", "_blank", way];
      told.append(" ", link);
    }

    async function post() {
      const answer = await fetch(dataset.draft, {
        method: "POST", headers: { "X-Draft": "yes" }, body: new URLSearchParams(new FormData(form)),
        keepalive: true, signal: AbortSignal.timeout(15000),
      });
      return { status: answer.status, said: await answer.text() };
    }

    async function send() {
      const text = words();
      if (text === kept) return true;
      refused = "";
      try {
        let answer = await post();
        if (answer.status === 400) answer = await renewed(form) || await post();
        if (answer.status === 200) {
          kept = text;
          warned = false;
          say(answer.said);
          told.classList.remove("unkept");
          return true;
        }
        if (answer.status >= 500) throw new Error("not kept");
        const out = answer.status === 401;
        refused = out || answer.status === 400 ? dataset.draftOut : answer.said;
        say(refused, (out || answer.status === 423) && dataset.draftIn); // signed out, or locked
      } catch {
        say(dataset.draftLost);
        timer = setTimeout(keep, AGAIN);
      }
      return false;
    }

    function keep() {
      clearTimeout(timer);
      last = last.then(send);
      return last;
    }

    // Whoever may not keep their words must be able to leave the page: at the second press.
    const mayLose = (target) => warned && refused && target !== form;
    function warn(target) {
      warned = Boolean(refused) && target !== form;
      if (warned) say(`${refused} ${dataset.draftLeave}`);
      else if (!refused) document.dispatchEvent(new Event("lost"));
    }

    (isSheet ? form : field).addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(keep, QUIET); });
    document.addEventListener("visibilitychange", keep, { signal }); // on the way out, and back from signing in
    window.addEventListener("pagehide", send, { signal });
    window.addEventListener("online", keep, { signal });
    window.addEventListener("pageshow", keep, { signal }); // the browser may have put back what was typed before
    signal.addEventListener("abort", () => clearTimeout(timer));
    document.addEventListener("stayed", keep, { signal }); // a form that took it along did not arrive
    const rest = () => clearTimeout(timer);
    return { form, keep, rest, isRefused: () => Boolean(refused), mayLose, warn, isDirty: () => words() !== kept };
  }

  let life = new AbortController();
  let all = [];
  function begin() {
    life.abort(); // of the page that went
    life = new AbortController();
    all = [...document.querySelectorAll("[data-draft]")].map((field) => drafting(field, life.signal));
  }
  document.addEventListener("arrived", begin);
  begin();
  // No form leaves the page before the note is safe: with the line lost, page and note stay as they are. The form of
  // the note itself takes it along; a page in which the answer takes its place stays until that has come.
  document.addEventListener("submit", (event) => {
    const takesAlong = (one) => document.body.hasAttribute("data-in-place") && one.form === event.target && !one.isRefused();
    if (event.target.method === "post") all.filter(takesAlong).forEach((one) => one.rest());
    const dirty = all.filter((one) => one.isDirty() && !one.mayLose(event.target) && !takesAlong(one));
    if (event.target.method !== "post" || !dirty.length) return;
    const { target, submitter } = event;
    event.preventDefault();
    event.stopPropagation();
    Promise.all(dirty.map((one) => one.keep())).then((safe) => {
      if (safe.every(Boolean)) target.requestSubmit(submitter);
      else {
        document.dispatchEvent(new Event("refused"));
        dirty.forEach((one) => one.warn(target));
      }
    });
  }, true);
})();
