/* "Save as test": the gateway writes the walk down as YAML, it is looked at, then it becomes a file. */

export class Saved {
  constructor(dialog, say) {
    this.dialog = dialog;
    this.say = say;
    this.it = dialog.querySelector("#save-it");
    this.verdict = dialog.querySelector("[data-verdict]");
    this.yaml = dialog.querySelector("[data-yaml]");
    this.it.addEventListener("change", () => this.write());
    this.it.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); this.write(); } });
    dialog.querySelector("[data-download]").addEventListener("click", (event) => { event.preventDefault(); this.download(); });
    dialog.querySelector("[data-copy-yaml]").addEventListener("click", (event) => { event.preventDefault(); this.copy(); });
  }

  open(walk) {
    this.walk = walk;
    this.it.value = this.say.it.replace("{screen}", walk.seen.at(-1) || "?");
    this.yaml.textContent = "";
    this.dialog.showModal();
    return this.write();
  }

  async write() {
    const { walk } = this;
    const session = walk.first ? walk.first.session : { language: "", script: "", offers: [] };
    const written = {
      it: this.it.value, number: walk.number, dial: walk.dial, keys: walk.keys, seen: walk.seen,
      language: session.language, script: session.script, offers: session.offers,
    };
    const body = new URLSearchParams({ csrf_token: this.dialog.querySelector("[name=csrf_token]").value, walk: JSON.stringify(written) });
    try {
      const answer = await fetch(this.dialog.dataset.to, { method: "POST", body });
      if (!answer.ok) throw new Error(answer.statusText);
      this.show(await answer.json());
    } catch {
      this.tell(this.say.not_saved, "bad");
    }
  }

  show({ text, differences }) {
    this.yaml.textContent = text;
    if (differences.length) this.tell([this.say.fails, ...differences].join("\n"), "bad");
    else this.tell(this.say.passes, "good");
  }

  tell(words, sort) {
    this.verdict.textContent = words;
    this.verdict.className = `verdict ${sort}`;
  }

  download() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([this.yaml.textContent], { type: "application/yaml" }));
    link.download = `${this.it.value.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "walk"}.yaml`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(this.yaml.textContent);
      this.tell(this.say.copied, "good");
    } catch {
      getSelection().selectAllChildren(this.yaml);
    }
  }
}
