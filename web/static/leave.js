/**
 * Leaving at once: what was kept is forgotten, the page is emptied, and an empty page takes its
 * place in the history, so that "back" does not bring it up again. Without JavaScript the link
 * still leads to an empty page.
 */

import { forget } from "./memory.js";

document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element) || !event.target.closest("a.leave")) return;
  event.preventDefault();
  document.dispatchEvent(new Event("backbot:leave"));
  document.body.replaceChildren();
  forget();
  location.replace("about:blank");
});
