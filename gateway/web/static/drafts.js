/* Keeps a note that is being written through a reload or a lost line, in this tab only; a sign-out wipes it. */
"use strict";
(() => {
  const name = (field) => `draft:${field.dataset.draft}`;
  document.querySelectorAll("[data-draft]").forEach((field) => {
    const kept = sessionStorage.getItem(name(field));
    if (kept && !field.value) field.value = kept;
    field.addEventListener("input", () => sessionStorage.setItem(name(field), field.value));
    field.form.addEventListener("submit", () => sessionStorage.setItem("sent", name(field)));
  });
  // Only the page that follows a saved form forgets the draft: a form that never arrived keeps it.
  const sent = sessionStorage.getItem("sent");
  if (sent && document.querySelector(".notice.good")) {
    sessionStorage.removeItem(sent);
    document.querySelectorAll("[data-draft]").forEach((field) => { if (name(field) === sent) field.value = ""; });
  }
  sessionStorage.removeItem("sent");
  document.querySelectorAll("form[data-forgets]").forEach((form) => form.addEventListener("submit", () => sessionStorage.clear()));
})();
