/**
 * The frame's side of the widget: takes the settings of the site around it, and hears and tells it
 * no more than what opening and closing need. That site never learns what is asked or answered.
 *
 * The settings stand in the address after the "#", which is sent to no server. Only a site that
 * Content-Security-Policy allows gets this far; messages are taken from and sent to its origin alone.
 */

import { wear } from "./accent.js";
import { ask, settleFocus } from "./chat.js";
import { find } from "./dom.js";
import { chip } from "./reply.js";

const MAX_STARTERS = 8;
const settings = new URLSearchParams(location.hash.slice(1));
const host = settings.get("host");

if (parent !== window && host) {
  wear(settings.get("accent") ?? "");
  greet();
  if (settings.get("closes")) wireClosing();
  addEventListener("message", hear);
  document.addEventListener("backbot:leave", () => tell("leave"));
  tell("ready");
}

function greet() {
  const greeting = settings.get("greeting");
  if (greeting) find("greeting", HTMLElement).textContent = greeting;
  const questions = settings.getAll("starter").slice(0, MAX_STARTERS);
  const list = document.querySelector("#starters .chips");
  if (!list || !questions.length) return;
  const chips = questions.map((question) => {
    const item = document.createElement("li");
    item.append(chip(question, ""));
    return item;
  });
  list.replaceChildren(...chips);
}

function wireClosing() {
  const close = find("close", HTMLButtonElement);
  close.hidden = false;
  close.addEventListener("click", () => tell("close"));
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented && !event.isComposing) tell("close");
  });
}

/** @param {MessageEvent} event */
function hear({ source, origin, data }) {
  if (source !== parent || origin !== host || typeof data?.backbot !== "string") return;
  if (data.backbot === "open") settleFocus();
  if (data.backbot === "ask" && typeof data.question === "string") {
    const question = data.question.trim();
    if (question) ask(question);
  }
}

/** @param {"ready" | "close" | "leave"} news */
function tell(news) {
  parent.postMessage({ backbot: news }, host ?? "/");
}
