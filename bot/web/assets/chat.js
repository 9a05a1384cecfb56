// The chat without reloading: new messages are added, announced once, and the cursor stays.

const messages = document.getElementById("messages");
const log = document.getElementById("log");
const composer = document.getElementById("composer");
const box = document.getElementById("message");
const problem = document.getElementById("composer-problem");
const announcer = document.getElementById("announcer");
const waiting = document.getElementById("waiting");
const moment = document.getElementById("moment");
const later = document.getElementById("later");

const DOTS_AFTER = 300;
const WORDS_AFTER = 2000;
const LOOK_EVERY = 10000;

// On a touch screen the cursor in a box would open the keyboard over the answer.
const hasKeyboard = window.matchMedia("(pointer: fine)").matches;
const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

let timers = [];
let shownBefore = 0;

function wait() {
  timers = [
    setTimeout(() => { waiting.hidden = false; }, DOTS_AFTER),
    setTimeout(() => {
      waiting.hidden = false;
      moment.hidden = false;
      announcer.textContent = moment.textContent;
    }, WORDS_AFTER),
  ];
}

function stopWaiting() {
  timers.forEach(clearTimeout);
  waiting.hidden = true;
  moment.hidden = true;
}

function lastNumber() {
  return Number(messages.lastElementChild?.dataset.n ?? 0);
}

// What was asked before can no longer be answered.
function closeOldQuestions() {
  messages.querySelectorAll(".app-answers, .app-card, [data-answer]").forEach((old) => old.remove());
  messages.querySelectorAll("#latest, #answer").forEach((old) => old.removeAttribute("id"));
}

function notSent() {
  const words = document.createElement("p");
  words.className = "govuk-error-message";
  words.textContent = composer.dataset.notSent;
  problem.replaceChildren(words);
}

function moveFocus(asked) {
  const field = messages.querySelector(".app-card input:not([type=hidden])");
  if (asked !== composer && field && hasKeyboard) {
    // Its question is read out with the field, so it is not announced a second time.
    const number = field.closest("[data-n]").dataset.n;
    announcer.querySelector(`[data-message="${number}"]`)?.remove();
    field.focus({ preventScroll: true });
  } else if (hasKeyboard) {
    box.focus({ preventScroll: true });
  } else if (asked !== composer) {
    log.focus({ preventScroll: true });
  }
}

// From the answer's first word: a long message of one's own would push it below the fold.
function showAnswer(before) {
  const added = [...messages.children].slice(before);
  const answer = added.find((each) => each.classList.contains("app-message--theirs"));
  (answer ?? added[0])?.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
}

function focusError() {
  const summary = messages.querySelector(".govuk-error-summary");
  if (!summary) return;
  summary.tabIndex = -1;
  summary.focus();
}

// A look for a person's words leaves the cursor, what is typed and what may be answered alone.
function isLook(event) {
  return later !== null && event.detail.requestConfig?.elt === later;
}

document.body.addEventListener("htmx:configRequest", (event) => {
  event.detail.parameters.after = lastNumber();
});
document.body.addEventListener("htmx:beforeRequest", (event) => {
  if (!isLook(event)) wait();
});

document.body.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, target } = event.detail;
  if (isLook(event)) return;
  if (xhr.status >= 400 && !xhr.getResponseHeader("hx-retarget")) {
    event.detail.shouldSwap = false;
    notSent();
  } else if (xhr.status < 400 && target === messages) {
    shownBefore = messages.children.length;
    closeOldQuestions();
  }
});

document.body.addEventListener("htmx:afterRequest", (event) => {
  if (isLook(event)) return;
  stopWaiting();
  const { xhr, successful, requestConfig } = event.detail;
  if (successful) {
    if (requestConfig.elt === composer) box.value = "";
    moveFocus(requestConfig.elt);
    if (shownBefore) showAnswer(shownBefore);
  } else if (!xhr?.status) {
    notSent();
  } else {
    focusError();
  }
});

box.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    composer.requestSubmit();
  }
});

// Where a person may answer, their words are looked for; no other page asks again by itself.
setInterval(() => {
  if (later && !document.hidden && messages.querySelector("[data-waits]")) {
    window.htmx.trigger(later, "look");
  }
}, LOOK_EVERY);
