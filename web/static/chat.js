/**
 * The chat page: takes questions, shows each turn, and keeps everything where the reader expects it.
 *
 * @import { Turn } from "./conversation.js"
 */

import { Conversation, Problem } from "./conversation.js";
import { element, find } from "./dom.js";
import "./leave.js";
import { chip, showReply } from "./reply.js";
import { strings } from "./strings.js";

const form = find("composer", HTMLFormElement);
const input = find("question", HTMLTextAreaElement);
const starters = find("starters", HTMLElement);
const log = find("log", HTMLElement);
const status = find("status", HTMLElement);
const anew = find("new-conversation", HTMLButtonElement);
const send = /** @type {HTMLButtonElement} */ (form.querySelector(".send"));

// On a touch screen the keyboard would cover the answer, so it is folded away after sending.
const touch = matchMedia("(hover: none) and (pointer: coarse)");
// A reply that comes sooner than this needs no word that one is on its way.
const SAY_WAITING_MS = 1000;

let conversation = new Conversation();
let waiting = false;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const message = input.value.trim();
  if (waiting || !message) return;
  input.value = "";
  ask(message);
});

input.addEventListener("keydown", (event) => {
  // While an input method composes, Enter picks a word.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  if (!event.repeat) send.click();
});

document.addEventListener("click", (event) => {
  const pressed = event.target instanceof Element ? event.target.closest("button.chip") : null;
  if (pressed?.textContent && !waiting) ask(pressed.textContent);
});

anew.addEventListener("click", () => {
  conversation.end();
  conversation = new Conversation();
  setWaiting(false);
  log.replaceChildren();
  starters.hidden = false;
  anew.hidden = true;
  status.textContent = strings.newConversation;
  scrollTo({ top: 0 });
  input.focus({ preventScroll: true });
});

for (const link of starters.querySelectorAll("a.chip")) {
  link.replaceWith(chip(link.textContent ?? ""));
}

// Sticking to the bottom, the composer must not hide what the focus moves to.
new ResizeObserver(() => {
  document.documentElement.style.setProperty("--composer", `${form.offsetHeight}px`);
}).observe(form);

/** @param {string} message */
function ask(message) {
  const words = element("span", { class: "asked-words", dir: "auto" }, message);
  const prefix = element("span", { class: "visually-hidden" }, strings.youAsked);
  const asked = element("h2", { class: "asked" }, prefix, words);
  const place = element("div", { class: "turn" }, asked);
  starters.hidden = true;
  anew.hidden = false;
  log.append(place);
  asked.scrollIntoView({ block: "start" });
  answer(conversation.begin(message), place);
}

/**
 * Put the reply to `turn` at the end of its place, or why there is none.
 *
 * @param {Turn} turn
 * @param {HTMLElement} place
 */
async function answer(turn, place) {
  const asking = conversation;
  const sign = element("p", { class: "waiting", "aria-hidden": "true" }, strings.waiting);
  place.append(sign);
  setWaiting(true);
  settleFocus();
  let shown;
  try {
    shown = showReply(await asking.reply(turn));
  } catch (error) {
    if (asking.over) return;
    shown = showProblem(error, turn, place);
  }
  setWaiting(false);
  sign.replaceWith(shown);
  shown.scrollIntoView({ block: "start" });
}

/**
 * @param {unknown} error
 * @param {Turn} turn
 * @param {HTMLElement} place
 */
function showProblem(error, turn, place) {
  if (!(error instanceof Problem)) console.error(error);
  const problem = error instanceof Problem ? error : new Problem(strings.noAnswerNow, true);
  const shown = element("div", { class: "reply failed" }, element("p", {}, problem.message));
  if (problem.again) {
    const again = element("button", { class: "big-button", type: "button" }, strings.tryAgain);
    again.addEventListener("click", () => {
      if (waiting) return;
      shown.remove();
      answer(turn, place);
    });
    shown.append(again);
  } else if (!input.value) {
    // A question that has to be changed first goes back to where it can be.
    input.value = turn.message;
  }
  return shown;
}

/** @param {boolean} now */
function setWaiting(now) {
  waiting = now;
  send.setAttribute("aria-disabled", String(now));
  status.textContent = "";
  clearTimeout(timer);
  if (now) timer = setTimeout(() => (status.textContent = strings.waiting), SAY_WAITING_MS);
}

function settleFocus() {
  if (touch.matches) input.blur();
  else input.focus({ preventScroll: true });
}
