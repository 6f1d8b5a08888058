/* Switches alerts on for this browser: asks for permission, subscribes at the browser's push service, posts the address. */
"use strict";
(() => {
  const form = document.querySelector("[data-push]");
  const button = form && form.querySelector("button");
  if (!form || !("serviceWorker" in navigator) || !("PushManager" in window)) return;
  form.hidden = false;
  const why = document.getElementById("push-why");
  if (why) why.hidden = true;

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
  const say = (words) => { const told = document.getElementById("push-told"); told.textContent = words; };

  async function subscribe() {
    if (await Notification.requestPermission() !== "granted") { say(form.dataset.denied); return; }
    const worker = await navigator.serviceWorker.register("/sw.js");
    await navigator.serviceWorker.ready;
    const key = bytes(form.dataset.push);
    const former = await worker.pushManager.getSubscription();
    if (former) await former.unsubscribe(); // it may belong to an older key
    const found = (await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })).toJSON();
    form.elements.endpoint.value = found.endpoint;
    form.elements.p256dh.value = found.keys.p256dh;
    form.elements.auth.value = found.keys.auth;
    form.requestSubmit();
  }
  button.addEventListener("click", (event) => {
    if (form.elements.endpoint.value) return;
    event.preventDefault();
    subscribe().catch(() => say(form.dataset.failed));
  });
})();
