/* Copies a link, or hands it to the apps of the phone, where it is shown to be passed on. */
"use strict";
(() => {
  function add(after, words, act) {
    const button = document.createElement("button");
    [button.className, button.textContent] = ["quiet", words];
    button.addEventListener("click", (event) => { event.preventDefault(); act(); });
    after.after(" ", button);
    return button;
  }

  // Over plain http there is no clipboard: what is chosen can be copied by the old command or by hand.
  async function copy(shown, text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      if (shown.select) shown.select();
      else window.getSelection().selectAllChildren(shown);
      if (!document.execCommand("copy")) throw new Error("not copied");
    }
  }

  document.querySelectorAll("[data-copies]").forEach((shown) => {
    const text = () => (shown.value === undefined ? shown.textContent : shown.value).trim();
    const told = document.createElement("span");
    told.setAttribute("role", "status");
    const button = add(shown, shown.dataset.copies, () => {
      copy(shown, text()).then(() => { told.textContent = shown.dataset.copied; }, () => { told.textContent = ""; });
    });
    button.after(" ", told);
    if (shown.dataset.shares && navigator.share) add(button, shown.dataset.shares, () => navigator.share({ text: text() }).catch(() => {}));
  });
})();
