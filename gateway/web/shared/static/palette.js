/* A code, a number, a page, a person or a deed by its name. What can be done is read from the page: its keys and its links. */
"use strict";
(() => {
  const dialog = document.createElement("dialog");
  const title = document.createElement("label");
  const wish = document.createElement("input");
  const list = document.createElement("ul");
  let page;
  let people; // pages about persons, asked for once; whoever may see none has none
  let offers = [];
  let chosen = 0;

  async function meet() {
    people = [];
    const answer = await fetch("/admin/shifts/people", { headers: { "X-Polls": "yes" } });
    if (!answer.ok) return;
    people = (await answer.json()).map((one) => ({ words: one.words, go: () => window.location.assign(one.to) }));
    if (dialog.open) offer();
  }

  // A number is searched for by the form of the page, which posts it: an address ends in logs and histories.
  const search = () => document.querySelector("form.search");
  const digits = () => wish.value.normalize("NFKC").replace(/\D/g, "");

  function nameOf(link) {
    const copy = link.cloneNode(true);
    copy.querySelectorAll("[hidden]").forEach((one) => one.remove());
    return copy.textContent.trim();
  }

  function gather() {
    const keys = new Set([...document.querySelectorAll("[data-key-says]")].map((one) => one.dataset.key || one.dataset.rowKey));
    const deeds = [...keys].map((key) => [key, page.find(key)]).filter(([, target]) => target && target.dataset.keySays)
      .map(([key, target]) => ({ words: `${target.dataset.keySays} (${key})`, go: () => page.act(target) }));
    const links = new Map([...document.querySelectorAll("header.top a[href]")].map((link) => [link.getAttribute("href"), link]));
    return [...deeds, ...[...links.values()].map((link) => ({ words: nameOf(link), go: () => link.click() }))];
  }

  function find(written) {
    const form = search();
    form.elements.written.value = written;
    form.requestSubmit();
  }

  function offer() {
    const written = wish.value.trim();
    const all = [...gather(), ...((written && people) || [])];
    const found = all.filter((one) => one.words && one.words.toLowerCase().includes(written.toLowerCase()));
    if (search() && digits().length > 1) found.unshift({ words: page.words.search.replace("{t}", written), go: () => find(written) });
    offers = found.slice(0, 9);
    chosen = Math.max(0, Math.min(chosen, offers.length - 1));
    list.replaceChildren(...offers.map((one, at) => {
      const item = document.createElement("li");
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", String(at === chosen));
      item.id = `offer-${at}`;
      item.textContent = one.words;
      item.addEventListener("click", () => go(one));
      return item;
    }));
    wish.setAttribute("aria-activedescendant", offers.length ? `offer-${chosen}` : "");
    wish.setAttribute("aria-expanded", String(offers.length > 0));
  }

  function go(one) {
    if (!one) return;
    dialog.close();
    one.go();
  }

  wish.addEventListener("input", () => { chosen = 0; offer(); });
  wish.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { chosen += step; offer(); }
    else if (event.key === "Enter") go(offers[chosen]);
    else return;
    event.preventDefault();
  });

  function build() {
    const card = document.createElement("article");
    const close = document.createElement("button");
    [dialog.id, title.id, title.htmlFor, title.textContent] = ["palette", "palette-title", "palette-wish", page.words.title];
    [wish.id, wish.type, wish.autocomplete, wish.maxLength] = ["palette-wish", "text", "off", 40];
    const roles = { role: "combobox", "aria-controls": "palette-offers", "aria-autocomplete": "list" };
    Object.entries(roles).forEach(([name, value]) => wish.setAttribute(name, value));
    [list.id, list.className, close.className, close.textContent] = ["palette-offers", "offers", "quiet", page.words.close];
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-labelledby", "palette-title");
    dialog.setAttribute("aria-labelledby", "palette-title");
    close.addEventListener("click", () => dialog.close());
    card.append(title, wish, list, close);
    dialog.append(card);
    document.body.append(dialog);
  }

  document.addEventListener("palette", (event) => {
    page = event.detail;
    if (!dialog.isConnected) build();
    if (!people) meet().catch(() => { people = undefined; });
    wish.value = page.typed;
    chosen = 0;
    offer();
    dialog.showModal();
    wish.focus();
  });
})();
