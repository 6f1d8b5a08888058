/* The service worker: it shows an alert that says nothing but how many are new, and a page for a lost line.
   It keeps that one page and its styles; pages with data are never kept. */
"use strict";
const KEPT = "offline-1";
const PAGE = "/offline";
const STYLES = "STYLES";
const WORDS = { en: (n) => `${n} new`, lo: (n) => `${n} ໃໝ່`, th: (n) => `ใหม่ ${n}` };

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((kept) => kept.addAll([PAGE, ...STYLES])).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(caches.keys()
    .then((names) => Promise.all(names.filter((name) => name !== KEPT).map((name) => caches.delete(name))))
    .then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const isPage = request.mode === "navigate" && request.method === "GET";
  const isStyle = request.destination === "style" && STYLES.includes(new URL(request.url).pathname + new URL(request.url).search);
  if (!isPage && !isStyle) return; // what is posted keeps the browser's own ways, so that nothing typed is lost
  event.respondWith(fetch(request).catch(() => caches.match(isPage ? PAGE : request)));
});

self.addEventListener("push", (event) => {
  let said = {};
  try { said = event.data.json(); } catch { /* an alert that cannot be read is still an alert */ }
  const words = WORDS[said.l] || WORDS.en;
  event.waitUntil(self.registration.showNotification(words(Number(said.n) || 1), {
    tag: "alert", renotify: true, requireInteraction: Boolean(said.u), vibrate: said.u ? [300, 100, 300, 100, 300] : [200],
  }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.matchAll({ type: "window" }).then((open) => {
    const here = open.find((one) => "focus" in one);
    return here ? here.focus() : self.clients.openWindow("/");
  }));
});
