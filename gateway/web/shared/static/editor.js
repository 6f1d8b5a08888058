/* Makes the text of a file an editor: problems beside their lines, names to choose, search. Without it the field stays as it is. */
import { EditorState } from "@codemirror/state";
import { EditorView, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { HighlightStyle, bracketMatching, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { autocompletion, completionKeymap } from "@codemirror/autocomplete";
import { yaml } from "@codemirror/lang-yaml";
import { tags } from "@lezer/highlight";

const QUIET = 900;
const AGAIN = 5000;
const MOST_LEAVING = 60000; // bytes that a browser still sends for a page that goes (Fetch, 4.6: 64 kiB)
const { nonce } = document.getElementById("editor-script");

// What the server knows of the text as it is typed: the same check as before a publish, and the names of the draft.
let words = { screens: {}, placeholders: {}, pointers: ["to"] };
let mark = "";
let kept = ""; // the text that the server has, saved or kept for its author
let asking = null;
let timer = 0;
let touched = false;
let view = null;
let form = null;

const field = () => form.elements.content;
const text = () => view.state.doc.toString();

async function renewToken() {
  const as = form.elements.as ? form.elements.as.value : "";
  const answer = await fetch(`/form-token?as=${encodeURIComponent(as)}`);
  if (!answer.ok) return false;
  const fresh = await answer.text();
  document.querySelectorAll("input[name=csrf_token]").forEach((each) => { each.value = fresh; });
  return true;
}

function post(signal) {
  const body = new URLSearchParams(new FormData(form));
  body.append("mark", mark);
  body.append("keep", touched ? "yes" : "no");
  return fetch(form.dataset.edits, { method: "POST", headers: { "X-Draft": "yes" }, body, signal });
}

function say(said, isBad) {
  const place = document.getElementById("kept");
  if (place.textContent !== said) place.textContent = said;
  place.classList.toggle("unkept", Boolean(isBad));
}

// Columns of a check count characters, those of a browser count UTF-16 units.
function place(doc, line, column, length) {
  const found = doc.line(Math.min(Math.max(line, 1), doc.lines));
  const signs = [...found.text];
  const start = Math.min(Math.max(column - 1, 0), signs.length);
  const units = (to) => signs.slice(0, to).join("").length;
  const [word] = /^[\w.@-]*/.exec(signs.slice(start).join(""));
  const end = start + (length || word.length || signs.length - start);
  return { from: found.from + units(start), to: found.from + units(Math.max(end, start)) };
}

async function check() {
  const { doc } = view.state;
  const typed = doc.toString();
  if (asking) asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  try {
    let answer = await post(signal);
    if (answer.status === 400 && await renewToken()) answer = await post(signal);
    if (answer.status === 401 || answer.status === 423) { say(form.dataset.out, true); return; }
    if (!answer.ok) throw new Error("not checked");
    const found = await answer.json();
    if (signal.aborted) return;
    kept = typed;
    mark = found.mark;
    if (found.words) ({ words } = found);
    say(found.said);
    document.getElementById("problems-of").innerHTML = found.list;
    if (!view.state.doc.eq(doc)) return; // places of a text that has gone; the next check is under way
    view.dispatch(setDiagnostics(view.state, found.problems.map((one) => ({
      ...place(doc, one.line, one.column, one.length),
      severity: one.level,
      message: `${one.line}:${one.column} ${one.message}`,
      renderMessage: () => explain(one),
    }))));
  } catch (error) {
    if (error.name === "AbortError") return;
    if (typed !== kept) say(form.dataset.lost, true);
    timer = setTimeout(check, AGAIN);
  }
}

function explain(one) {
  const box = document.createElement("div");
  const hint = document.createElement("div");
  box.append(`${one.line}:${one.column} ${one.message}`, hint);
  hint.textContent = one.hint;
  return box;
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(check, QUIET);
}

// The field holds what the form sends, at every moment: whatever submits the form needs no word of the editor.
function mirror(update) {
  if (!update.docChanged) return;
  field().value = text();
  touched = true;
  later();
}

const option = (type) => ([label, detail]) => ({ label, detail, type });
function offer(context) {
  const line = context.state.doc.lineAt(context.pos);
  const before = line.text.slice(0, context.pos - line.from);
  const after = line.text.slice(context.pos - line.from);
  const inBraces = /\{([\w.:]*)$/.exec(before);
  if (inBraces) {
    const close = after.startsWith("}") ? "" : "}";
    return {
      from: context.pos - inBraces[1].length,
      options: Object.entries(words.placeholders).map(option("variable")).map((one) => ({ ...one, apply: one.label + close })),
      validFor: /^[\w.:]*$/,
    };
  }
  const pointing = new RegExp(`(?:^|[\\s{,])(?:${words.pointers.join("|")}):\\s*["']?(\\w*)$`).exec(before);
  const word = context.matchBefore(/\w*/);
  if (!pointing && !context.explicit) return null;
  return {
    from: pointing ? context.pos - pointing[1].length : word.from,
    options: Object.entries(words.screens).map(option("class")),
    validFor: /^\w*$/,
  };
}

const save = () => { form.requestSubmit(form.querySelector("button.primary")); return true; };

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)" },
  { tag: [tags.comment, tags.lineComment], color: "var(--quiet)", fontStyle: "italic" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--ok)" },
  { tag: [tags.keyword, tags.labelName, tags.typeName], color: "var(--warn)" },
]);
const FIELD = { backgroundColor: "var(--raised)", color: "var(--ink)", border: "1px solid var(--line)" };
const look = EditorView.theme({
  "&": { ...FIELD, borderColor: "var(--field)", borderRadius: "8px", fontSize: ".875rem", marginBottom: "8px", overflow: "hidden" },
  "&.cm-focused": { outline: "3px solid var(--accent)", outlineOffset: "2px" },
  ".cm-scroller": { fontFamily: "ui-monospace, Consolas, monospace", lineHeight: "1.75", maxHeight: "70vh", overflow: "auto" },
  ".cm-content": { caretColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "var(--quiet-soft)", color: "var(--quiet)", borderColor: "var(--line)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--accent-soft)" },
  ".cm-activeLineGutter": { color: "var(--ink)" },
  ".cm-specialChar": { color: "var(--danger)" },
  ".cm-panels": { backgroundColor: "var(--raised)", color: "var(--ink)" },
  ".cm-panels.cm-panels-bottom": { borderTop: "1px solid var(--line)" },
  ".cm-panel.cm-search": { display: "flex", flexWrap: "wrap", gap: "4px 8px", alignItems: "center", padding: "8px 48px 8px 8px" },
  ".cm-panel.cm-search input.cm-textfield": { ...FIELD, borderColor: "var(--field)", width: "auto", flex: "1 1 140px", height: "44px", margin: "0", fontSize: "1rem" },
  ".cm-panel.cm-search label": { display: "flex", gap: "4px", alignItems: "center", fontSize: ".875rem", minHeight: "44px" },
  ".cm-panel.cm-search label input": { margin: "0 4px 0 0" },
  ".cm-panel.cm-search br": { display: "none" },
  ".cm-button": { ...FIELD, backgroundImage: "none", borderRadius: "8px", fontSize: ".875rem", minHeight: "44px", margin: "0" },
  ".cm-panel.cm-search [name=close]": { position: "absolute", top: "0", right: "0", width: "44px", padding: "0", border: "0" },
  ".cm-searchMatch": { backgroundColor: "var(--warn-soft)", outline: "1px solid var(--warn)" },
  ".cm-searchMatch-selected": { backgroundColor: "var(--accent-soft)", outline: "2px solid var(--accent)" },
  ".cm-tooltip": FIELD,
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "inherit", maxWidth: "min(90vw, 480px)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "6px 8px" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-completionDetail": { fontStyle: "normal", opacity: ".8" },
  ".cm-diagnostic": { padding: "4px 8px", whiteSpace: "pre-wrap" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--danger)" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--warn)" },
}, { dark: window.matchMedia("(prefers-color-scheme: dark)").matches });

function extend() {
  return [
    lineNumbers(), lintGutter(), history(), highlightSpecialChars(), highlightActiveLine(), highlightActiveLineGutter(), highlightSelectionMatches(),
    bracketMatching(), indentUnit.of("  "), EditorState.tabSize.of(4), EditorView.lineWrapping, yaml(), syntaxHighlighting(colours), look,
    search(), autocompletion({ override: [offer], icons: false }),
    // Tab is bound to nothing, so that it leaves the text as it leaves any field (WCAG 2.1.2).
    keymap.of([{ key: "Mod-s", run: save, preventDefault: true }, ...completionKeymap, ...lintKeymap, ...searchKeymap, ...historyKeymap, ...defaultKeymap]),
    EditorState.phrases.of(JSON.parse(form.dataset.phrases)),
    EditorView.cspNonce.of(nonce),
    EditorView.contentAttributes.of({ "aria-labelledby": "content-label", "aria-multiline": "true", tabindex: "0" }),
    EditorView.updateListener.of(mirror),
  ];
}

// A page whose form was answered in place brings the field anew. Where it holds the same text the editor goes on with
// its history, so that what was done before a save can be undone after it.
function begin() {
  const was = view;
  const next = document.querySelector("form[data-edits]");
  clearTimeout(timer);
  if (asking) asking.abort();
  if (!next) { view = null; return; }
  form = next;
  const { value } = field();
  const had = was && was.hasFocusBefore;
  if (was && was.state.doc.toString() === value) view = was;
  else view = new EditorView({ doc: value, extensions: extend() });
  const top = view.scrollDOM.scrollTop;
  field().before(view.dom);
  field().hidden = true;
  form.querySelector(".keys-of").hidden = false;
  form.querySelector("label[for=content]").addEventListener("click", () => view.focus());
  view.scrollDOM.scrollTop = top;
  if (had) setTimeout(() => { view.focus(); view.dom.scrollIntoView({ block: "nearest" }); });
  kept = field().defaultValue;
  touched = false;
  check();
}

// Whoever leaves with words that the server does not have is asked; what it has is offered when they come back.
const isUnkept = () => view && form.isConnected && text() !== kept;
window.addEventListener("beforeunload", (event) => { if (isUnkept() && !form.dataset.sent) event.preventDefault(); });
window.addEventListener("pagehide", () => {
  const body = new URLSearchParams(new FormData(form));
  if (isUnkept() && !form.dataset.sent && body.toString().length < MOST_LEAVING) fetch(form.dataset.edits, { method: "POST", body, keepalive: true });
});
document.addEventListener("visibilitychange", () => { if (document.hidden && isUnkept()) check(); });
window.addEventListener("online", () => { if (isUnkept()) check(); });
document.addEventListener("submit", (event) => {
  if (!view || event.target !== form) return;
  clearTimeout(timer);
  if (asking) asking.abort(); // it would be kept after it was saved
  view.hasFocusBefore = view.hasFocus;
}, true);
document.addEventListener("stayed", () => { if (view) later(); }); // the form did not arrive
document.addEventListener("click", (event) => {
  const link = view && event.target.closest("a[data-line]");
  if (!link) return;
  event.preventDefault();
  const { from } = place(view.state.doc, Number(link.dataset.line), Number(link.dataset.column), 0);
  view.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: "center" }) });
  view.focus();
});
document.addEventListener("arrived", begin);
begin();
