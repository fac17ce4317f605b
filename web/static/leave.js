/**
 * Leaving at once: the page is emptied, and an empty page takes its place in the history, so that
 * "back" does not bring it up again. Without JavaScript the link still leads to an empty page.
 */
document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element) || !event.target.closest("a.leave")) return;
  event.preventDefault();
  document.body.replaceChildren();
  location.replace("about:blank");
});
