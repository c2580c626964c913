// Hints while a postmortem is written. Without it they come with the preview.
"use strict";

const form = document.getElementById("write");
const text = document.getElementById("text");
const pause = 600;

const once = (act) => {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(act, pause);
  };
};

const ask = async (path, body) => {
  const csrf = form.querySelector("[name=csrf]");
  const headers = {"Content-Type": "application/json", ...(csrf && {"X-CSRF-Token": csrf.value})};
  try {
    const answer = await fetch(path, {method: "POST", headers, body: JSON.stringify(body)});
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
};

const element = (name, words, kind) => {
  const made = document.createElement(name);
  made.textContent = words;
  if (kind) made.className = kind;
  return made;
};

const place = (typed, count) => Array.from(typed).slice(0, count).join("").length;

const hinted = (finding, typed) => {
  const term = document.createElement("dt");
  const to = element("button", finding.sentence, "to");
  to.type = "button";
  to.addEventListener("click", () => {
    text.focus();
    text.setSelectionRange(place(typed, finding.start), place(typed, finding.end));
  });
  term.append(to);
  return [term, element("dd", `${finding.explanation} ${finding.suggestion}`)];
};

const hint = once(async () => {
  const typed = text.value;
  const found = await ask("/api/blameless", {text: typed});
  if (found === null || typed !== text.value) return;
  const list = document.createElement("dl");
  list.append(...found.flatMap((finding) => hinted(finding, typed)));
  const none = element("p", "Nothing in it blames a person.", "byline");
  document.getElementById("hints").replaceChildren(found.length ? list : none);
});

const title = document.getElementById("item-title");
const look = once(async () => {
  const typed = title.value;
  const found = typed.trim() ? await ask("/api/quality", {title: typed}) : {missing: [], hint: null};
  if (found === null || typed !== title.value) return;
  const said = [...found.missing, ...(found.hint ? [found.hint] : [])];
  document.getElementById("item-hints").replaceChildren(...said.map((one) => element("p", one, "gap")));
});

let changed = false;
text.addEventListener("input", () => { changed = true; hint(); });
title.addEventListener("input", look);
form.addEventListener("submit", () => { changed = false; });
window.addEventListener("beforeunload", (leaving) => { if (changed) leaving.preventDefault(); });
