/** A list of buttons behind a button: Escape or a press elsewhere closes it. */

/**
 * @param {HTMLButtonElement} button
 * @param {HTMLElement} menu
 */
export function wireMenu(button, menu) {
  /** @param {boolean} now */
  const open = (now) => {
    menu.hidden = !now;
    button.setAttribute("aria-expanded", String(now));
  };
  button.addEventListener("click", () => open(menu.hidden === true));
  menu.addEventListener("click", () => open(false));
  document.addEventListener("click", ({ target }) => {
    if (!(target instanceof Node) || (!button.contains(target) && !menu.contains(target)))
      open(false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || menu.hidden) return;
    event.preventDefault();
    event.stopPropagation();
    open(false);
    button.focus();
  });
  menu.parentElement?.addEventListener("focusout", ({ relatedTarget }) => {
    // Focus that moves on must not go under the open list.
    if (relatedTarget instanceof Node && !menu.parentElement?.contains(relatedTarget)) open(false);
  });
}
