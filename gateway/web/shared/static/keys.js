/* Single keys outside of fields; the list of them comes from the page itself, and they can be switched off. */
"use strict";
(() => {
  const dialog = document.getElementById("keys");
  const toggle = dialog.querySelector("[data-keys-switch]");
  const SETTING = "keys";

  const isOn = () => localStorage.getItem(SETTING) !== "off";
  const writes = (target) => target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  const shown = (element) => element.offsetParent !== null;
  const rows = () => [...document.querySelectorAll("[data-row]")].filter(shown);

  function move(step) {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row === document.activeElement || row.closest("li").contains(document.activeElement));
    const chosen = all.findIndex((row) => row.closest("[aria-current]"));
    const from = at >= 0 ? at : chosen;
    all[Math.max(0, Math.min(all.length - 1, from < 0 ? 0 : from + step))].focus();
  }

  // The page itself is the register of keys: what a key does stands at its element.
  function find(key) {
    const row = document.activeElement.closest && document.activeElement.closest("li");
    const inRow = row && row.querySelector(`[data-row-key="${key}"]`);
    // The request that is open comes before the list beside it; a row is meant only while the focus is on it.
    const of = (place) => place && [...place.querySelectorAll(`[data-key="${key}"]`)].find(shown);
    return inRow || of(document.querySelector("article.one")) || of(document);
  }

  function act(target) {
    if (target.matches("input, textarea, select")) target.focus();
    else if (target.dataset.keyFocus) document.querySelector(target.dataset.keyFocus).focus();
    else target.click();
  }

  function press(key) {
    const target = find(key);
    if (target) act(target);
    return Boolean(target);
  }

  // A code, a number, a page or a deed by its name: Ctrl+K. Few ever press it, so its script is fetched then.
  const opener = document.querySelector("[data-opens-palette]");
  let loaded = false;
  let typed = null; // on a slow line one types on: it is meant for the palette, and no key does a deed meanwhile
  function openPalette() {
    const show = () => {
      document.dispatchEvent(new CustomEvent("palette", { detail: { find, act, words: opener.dataset, typed: typed || "" } }));
      typed = null;
    };
    if (loaded) { show(); return; }
    typed = "";
    const script = document.createElement("script");
    script.src = opener.dataset.opensPalette;
    script.addEventListener("load", () => { loaded = true; show(); });
    script.addEventListener("error", () => { typed = null; document.dispatchEvent(new Event("lost")); });
    document.head.append(script);
  }

  function open() {
    const body = dialog.querySelector("tbody");
    body.replaceChildren();
    const told = new Set();
    document.querySelectorAll("[data-key-says]").forEach((element) => {
      const key = element.dataset.key || element.dataset.rowKey;
      if (told.has(key)) return;
      told.add(key);
      const row = body.insertRow();
      const cap = document.createElement("kbd");
      cap.textContent = key;
      row.insertCell().append(cap);
      row.insertCell().textContent = element.dataset.keySays;
    });
    toggle.checked = isOn();
    dialog.showModal();
  }

  document.addEventListener("keydown", (event) => {
    if (!dialog.isConnected || document.querySelector("main[inert]")) return; // a page that goes
    if (typed !== null) {
      event.preventDefault();
      if (event.key.length === 1 && !event.ctrlKey && !event.metaKey) typed += event.key;
      return;
    }
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !document.querySelector("dialog[open]")) { event.preventDefault(); openPalette(); return; }
    if (writes(event.target) && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      event.target.form.requestSubmit();
      return;
    }
    if (event.key === "Escape" && writes(event.target)) { event.target.blur(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]") || writes(event.target)) return;
    if (event.key === "?") { event.preventDefault(); open(); return; }
    if (!isOn()) return;
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    if (step && rows().length && (event.key.length === 1 || rows().includes(document.activeElement))) {
      event.preventDefault();
      move(step);
    } else if (event.key.length === 1 && press(event.key)) {
      event.preventDefault();
    } else if (event.key === "/") {
      event.preventDefault();
      openPalette();
    }
  });
  toggle.addEventListener("change", () => localStorage.setItem(SETTING, toggle.checked ? "on" : "off"));
  opener.addEventListener("click", openPalette);
  document.querySelectorAll("[data-opens-keys]").forEach((button) => button.addEventListener("click", open));
  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.dropdown[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });
})();
