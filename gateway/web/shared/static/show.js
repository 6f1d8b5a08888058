/* Gives each password field a button that shows what was typed: on a small keyboard mistakes are not felt. */
"use strict";
(() => {
  const { show, hide } = document.currentScript.dataset;
  document.querySelectorAll("input[type=password]").forEach((field) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet shows";
    button.textContent = show;
    button.setAttribute("aria-controls", field.id);
    const turn = (seen) => {
      field.type = seen ? "text" : "password";
      button.textContent = seen ? hide : show;
    };
    button.addEventListener("click", () => { turn(field.type === "password"); field.focus(); });
    // A browser keeps words of plain fields, and whoever comes next could read them.
    field.form.addEventListener("submit", () => turn(false));
    field.after(button);
  });
})();
