/**
 * The chat page: takes questions, shows each turn, and keeps everything where the reader expects it.
 *
 * @import { Reply, Turn } from "./conversation.js"
 */

import { showActions } from "./actions.js";
import { Conversation, Problem } from "./conversation.js";
import { element, find } from "./dom.js";
import "./leave.js";
import { forget, keep, recall } from "./memory.js";
import { wireMenu } from "./menu.js";
import { alertOf } from "./notice.js";
import { chip, showReply } from "./reply.js";
import { words } from "./strings.js";

const form = find("composer", HTMLFormElement);
const input = find("question", HTMLTextAreaElement);
const starters = find("starters", HTMLElement);
const log = find("log", HTMLElement);
const status = find("status", HTMLElement);
const alert = find("alert", HTMLElement);
const tools = find("tools", HTMLElement);
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

input.addEventListener("input", save);
input.addEventListener("keydown", (event) => {
  // While an input method composes, Enter picks a word.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  if (!event.repeat) send.click();
});

document.addEventListener("click", (event) => {
  const pressed = event.target instanceof Element ? event.target.closest("button.chip") : null;
  if (pressed?.textContent) ask(pressed.textContent);
});

find("new-conversation", HTMLButtonElement).addEventListener("click", () => {
  startAnew();
  say(words.chat.newConversation);
});
find("print", HTMLButtonElement).addEventListener("click", () => print());
for (const button of document.querySelectorAll("button.forget")) {
  button.removeAttribute("hidden");
  button.addEventListener("click", () => {
    input.value = "";
    startAnew();
    say(words.chat.forgotten);
  });
}
wireMenu(find("more", HTMLButtonElement), find("menu", HTMLElement));

for (const link of starters.querySelectorAll("a.chip")) {
  link.replaceWith(chip(link.textContent ?? ""));
}

// Sticking to the bottom, the composer must not hide what the focus moves to.
new ResizeObserver(() => {
  document.documentElement.style.setProperty("--composer", `${form.offsetHeight}px`);
}).observe(form);

restore();

/**
 * Ask a question, unless another one is still waiting for its reply.
 *
 * @param {string} message
 */
export function ask(message) {
  if (waiting) return;
  const turn = conversation.begin(message);
  const place = showTurn(turn);
  save();
  place.firstElementChild?.scrollIntoView({ block: "start" });
  answer(turn, place);
}

/** Bring the reader to the field for questions, unless that would unfold a keyboard. */
export function settleFocus() {
  if (touch.matches) input.blur();
  else input.focus({ preventScroll: true });
}

function save() {
  keep({ turns: conversation.turns, draft: input.value });
}

/** Show what this tab has kept of a conversation. */
function restore() {
  const { turns, draft } = recall();
  input.value ||= draft;
  if (!turns.length) return;
  conversation = new Conversation(turns);
  log.setAttribute("aria-live", "off");
  try {
    for (const turn of turns) {
      const place = showTurn(turn);
      if (turn.reply) place.append(showAnswer(turn, turn.reply));
      else place.append(showProblem(new Problem(words.chat.noConnection, true), turn, place));
    }
  } catch {
    // Kept by another version of this page, perhaps; what cannot be shown is of no use.
    startAnew();
    return;
  } finally {
    requestAnimationFrame(() => log.setAttribute("aria-live", "polite"));
  }
  log.lastElementChild?.scrollIntoView({ block: "start", behavior: "instant" });
  say(words.chat.restored);
}

function startAnew() {
  conversation.end();
  conversation = new Conversation();
  setWaiting(false);
  log.replaceChildren();
  alert.replaceChildren();
  starters.hidden = false;
  tools.hidden = true;
  forget();
  save();
  scrollTo({ top: 0 });
  input.focus({ preventScroll: true });
}

/**
 * Show what was asked, with nothing below it as yet.
 *
 * @param {Turn} turn
 */
function showTurn({ message }) {
  const asked = element("span", { class: "asked-words", dir: "auto" }, message);
  const prefix = element("span", { class: "visually-hidden" }, `${words.reply.youAsked} `);
  const place = element("div", { class: "turn" }, element("h2", { class: "asked" }, prefix, asked));
  starters.hidden = true;
  tools.hidden = false;
  log.append(place);
  return place;
}

/**
 * @param {Turn} turn
 * @param {Reply} reply
 */
function showAnswer(turn, reply) {
  const shown = showReply(reply);
  const actions = showActions({ ...turn, reply }, say, () => {
    turn.rated = true;
    save();
  });
  // Where the text announces the questions below it, nothing comes between.
  const below = reply.kind === "answer" ? shown.querySelector(":scope > .next") : null;
  shown.insertBefore(actions, below);
  return shown;
}

/**
 * Put the reply to `turn` at the end of its place, or why there is none.
 *
 * @param {Turn} turn
 * @param {HTMLElement} place
 */
async function answer(turn, place) {
  const asking = conversation;
  const sign = element("p", { class: "waiting", "aria-hidden": "true" }, words.chat.waiting);
  place.append(sign);
  alert.replaceChildren();
  setWaiting(true);
  settleFocus();
  let shown;
  try {
    const reply = await asking.reply(turn);
    if (asking.over) return;
    shown = showAnswer(turn, reply);
    if (reply.notice) alert.replaceChildren(...alertOf(reply.notice));
  } catch (error) {
    if (asking.over) return;
    shown = showProblem(error, turn, place);
  }
  setWaiting(false);
  sign.replaceWith(shown);
  save();
  shown.scrollIntoView({ block: "start" });
}

/**
 * @param {unknown} error
 * @param {Turn} turn
 * @param {HTMLElement} place
 */
function showProblem(error, turn, place) {
  if (!(error instanceof Problem)) {
    console.error(error);
    turn.reply = null;
  }
  const problem = error instanceof Problem ? error : new Problem(words.chat.noAnswerNow, true);
  const shown = element("div", { class: "reply failed" }, element("p", {}, problem.message));
  if (problem.again) {
    const again = element("button", { class: "big-button", type: "button" }, words.chat.tryAgain);
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
  if (now) timer = setTimeout(() => say(words.chat.waiting), SAY_WAITING_MS);
}

/** @param {string} news */
function say(news) {
  status.textContent = news;
}
