// Keeps the parts of a page that are marked data-live as they are at the service, without losing the place.
"use strict";
(() => {
  const { liveFrom, liveSeen } = document.currentScript.dataset;
  const words = (part) => part.textContent.replace(/\s+/g, " ");
  const AGAIN_AFTER = 15_000; // milliseconds, when the service did not answer
  let source, seen = liveSeen, latest = liveSeen, asking, again, leftOut, waiting;

  // From the end on, for the service shows the latest alone and the page may have earlier ones.
  const add = (list, fresh) => {
    const known = new Map([...list.children].map((entry) => [entry.dataset.entry, entry]));
    let next = null;
    for (const entry of [...fresh.children].reverse()) {
      next = known.get(entry.dataset.entry) ?? list.insertBefore(entry.cloneNode(true), next);
    }
  };

  const replace = (part, fresh) => {
    const open = part.querySelector("details")?.open;
    part.replaceChildren(...fresh.childNodes);
    const details = part.querySelector("details");
    if (details && open !== undefined) details.open = open;
  };

  const renew = async () => {
    if (asking) { again = true; return; }
    asking = true;
    const asked = latest;
    try {
      const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } }).catch(() => null);
      if (!answer?.ok) { listenLater(); return; }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of document.querySelectorAll("[data-live]")) {
        const fresh = page.getElementById(part.id);
        const [list, entries] = [part, fresh].map((one) => one?.querySelector("[data-entry]")?.parentElement);
        if (!fresh) continue;
        if (part.dataset.live === "list" && list && entries) add(list, entries);
        else if (words(part) === words(fresh)) continue;
        else if (part.contains(document.activeElement)) leftOut = true;
        else replace(part, fresh);
      }
      seen = asked;
    } finally {
      asking = false;
      if (again) { again = false; renew(); }
    }
  };

  const listen = () => {
    source?.close();
    source = new EventSource(liveFrom);
    source.addEventListener("written", ({ data }) => {
      latest = data;
      if (seen !== latest) renew();
    });
    source.addEventListener("error", () => { if (source.readyState === EventSource.CLOSED) listenLater(); });
  };

  const listenLater = () => {
    source.close();
    clearTimeout(waiting);
    waiting = setTimeout(() => { if (!document.hidden) listen(); }, AGAIN_AFTER);
  };

  document.addEventListener("focusout", () => {
    if (leftOut) { leftOut = false; renew(); }
  });
  document.addEventListener("visibilitychange", () => document.hidden ? source?.close() : listen());
  window.addEventListener("pagehide", () => source?.close());
  if (!document.hidden) listen();
})();
