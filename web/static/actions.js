/**
 * What a reader can do with a reply: copy it, and say whether it helped.
 *
 * @import { Reply, Turn } from "./conversation.js"
 */

import { element } from "./dom.js";
import { showFeedback } from "./feedback.js";
import { pageAddress } from "./source.js";
import { translated, words } from "./strings.js";

const COPIED_MS = 2500;
// Small talk is no answer, and whoever is in an emergency has other things to do.
const RATED = ["answer", "no_answer", "declined"];

/**
 * @param {Turn & {reply: Reply}} turn
 * @param {(words: string) => void} say  tells those who cannot see
 * @param {() => void} onRated
 * @returns {HTMLElement}
 */
export function showActions(turn, say, onRated) {
  const shown = element("div", { class: "reply-actions", "aria-live": "off" });
  shown.append(copyButton(turn.reply, say));
  if (RATED.includes(turn.reply.kind) && !turn.rated) {
    shown.append(showFeedback(turn.reply.id, say, onRated));
  }
  return shown;
}

/**
 * @param {Reply} reply
 * @param {(words: string) => void} say
 */
function copyButton(reply, say) {
  const button = element("button", { class: "small copy", type: "button" }, words.chat.copy);
  button.addEventListener("click", async () => {
    const done = await copy(asText(reply));
    say(done ? words.chat.copied : words.chat.notCopied);
    if (!done) return;
    button.textContent = words.chat.copied;
    setTimeout(() => (button.textContent = words.chat.copy), COPIED_MS);
  });
  return button;
}

/**
 * Return a reply as plain text, each quotation with its source.
 *
 * @param {Reply} reply
 */
export function asText(reply) {
  const citations = new Map(reply.citations.map((citation) => [citation.number, citation]));
  const parts = [reply.message];
  if (reply.notice) {
    const links = reply.notice.links.map(({ label, href }) => `${label}: ${href}`);
    parts.push(reply.notice.title, reply.notice.text, ...links);
  }
  if (reply.text) parts.push(translated(reply.text).text);
  for (const { heading, excerpts } of reply.sections) {
    if (heading) parts.push(translated(heading).text);
    for (const excerpt of excerpts) {
      const { title = "", url = "" } = citations.get(excerpt.citation) ?? {};
      const address = pageAddress(url) ? new URL(url, location.href).href : url;
      parts.push(`“${excerpt.text}”\n– ${title}, ${address}`);
    }
  }
  if (reply.sections.length) parts.push(words.disclaimer);
  return parts.join("\n\n");
}

/**
 * @param {string} text
 * @returns {Promise<boolean>}
 */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Not on a secure page, or not allowed in this frame: the old way may still do.
    const area = element("textarea", { class: "visually-hidden" });
    area.value = text;
    const focused = document.activeElement;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (focused instanceof HTMLElement) focused.focus();
    return done;
  }
}
