/** "Was this helpful?": yes or no, and on "no" a reason and a note, both of them optional. */

import { Problem, send } from "./conversation.js";
import { element } from "./dom.js";
import { words } from "./strings.js";

const MAX_NOTE = "2000";
let forms = 0;

/**
 * @param {string} reply  the ID of the reply that is judged
 * @param {(words: string) => void} say
 * @param {() => void} onRated
 * @returns {HTMLElement}
 */
export function showFeedback(reply, say, onRated) {
  const number = ++forms;
  const label = element("span", { id: `helpful-${number}` }, words.chat.helpful);
  const yes = smallButton(words.chat.yes);
  const no = smallButton(words.chat.no);
  no.setAttribute("aria-expanded", "false");
  const choice = element(
    "div",
    { class: "helpful", role: "group", "aria-labelledby": label.id },
    label,
    yes,
    no,
  );
  const problem = element("p", { class: "problem" });
  problem.hidden = true;
  const shown = element("div", { class: "feedback" }, choice, problem);
  let sending = false;

  /**
   * @param {boolean} helpful
   * @param {string | null} reason
   * @param {string | null} note
   */
  async function judge(helpful, reason, note) {
    if (sending) return;
    sending = true;
    problem.hidden = true;
    try {
      await send("/api/feedback", { reply, helpful, reason, note });
      const thanks = element("p", { class: "thanks", tabindex: "-1" }, words.chat.thanks);
      const focused = shown.contains(document.activeElement);
      shown.replaceChildren(thanks);
      if (focused) thanks.focus();
      say(words.chat.thanks);
      onRated();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problem.textContent = words.chat.feedbackFailed;
      problem.hidden = false;
      say(words.chat.feedbackFailed);
    } finally {
      sending = false;
    }
  }

  yes.addEventListener("click", () => judge(true, null, null));
  /** @type {HTMLFormElement | null} */
  let form = null;
  const close = () => {
    form?.remove();
    form = null;
    no.setAttribute("aria-expanded", "false");
    no.focus();
  };
  no.addEventListener("click", () => {
    if (form) return close();
    form = reasonsForm(number, (reason, note) => judge(false, reason, note), close);
    no.setAttribute("aria-expanded", "true");
    choice.after(form);
    form.querySelector("input")?.focus();
  });
  return shown;
}

/**
 * @param {number} number
 * @param {(reason: string | null, note: string | null) => void} submit
 * @param {() => void} close
 */
function reasonsForm(number, submit, close) {
  const reasons = Object.entries(words.chat.reasons).map(([value, label]) => {
    const radio = element("input", { type: "radio", name: `reason-${number}`, value });
    return element("label", { class: "reason" }, radio, label);
  });
  const legend = element("legend", {}, words.chat.whatWasWrong);
  const hint = element("p", { class: "hint", id: `hint-${number}` }, words.chat.noteHint);
  const note = element("textarea", {
    rows: "2",
    maxlength: MAX_NOTE,
    dir: "auto",
    id: `note-${number}`,
    "aria-describedby": hint.id,
  });
  const label = element("label", { for: note.id }, words.chat.note);
  const sendButton = smallButton(words.chat.sendFeedback, "submit");
  const cancel = smallButton(words.chat.cancel);
  const buttons = element("div", { class: "buttons" }, sendButton, cancel);
  const form = element(
    "form",
    { class: "reasons" },
    element("fieldset", {}, legend, ...reasons),
    label,
    hint,
    note,
    buttons,
  );
  cancel.addEventListener("click", close);
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    close();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const picked = form.querySelector("input:checked");
    submit(picked instanceof HTMLInputElement ? picked.value : null, note.value.trim() || null);
  });
  return form;
}

/**
 * @param {string} label
 * @param {string} [type]
 */
function smallButton(label, type = "button") {
  return element("button", { class: "small", type }, label);
}
