/** The desk: a rebuild's progress as it goes, and finding an article in the list. */

const EVERY_MS = 800;

const progress = document.getElementById("progress");
if (progress) follow(progress);

for (const field of document.querySelectorAll("input[data-filters]")) {
  if (field instanceof HTMLInputElement) filter(field);
}

/**
 * Show how far the rebuild is, and its outcome when it is done.
 *
 * @param {HTMLElement} shown
 */
async function follow(shown) {
  const bar = shown.querySelector("progress");
  const stage = document.getElementById("stage");
  for (;;) {
    await new Promise((done) => setTimeout(done, EVERY_MS));
    const status = await read(shown.dataset.address ?? "");
    // A server that is out of reach for a moment is asked again.
    if (status === null) continue;
    if (status.state !== "running") return location.reload();
    if (bar) bar.value = Math.round(status.share * 100);
    const [done, total] = status.steps;
    const steps = total > 1 ? ` (${done} of ${total})` : "";
    const said = `${status.stage || "Beginning"} …`;
    if (stage && stage.dataset.said !== said + steps) {
      stage.dataset.said = said + steps;
      stage.textContent = said + steps;
    }
  }
}

/**
 * @param {string} address
 * @returns {Promise<{state: string, stage: string, share: number, steps: [number, number]} | null>}
 */
async function read(address) {
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (answer.status === 401) location.reload();
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/**
 * Show only the rows of a table that hold what is typed.
 *
 * @param {HTMLInputElement} field
 */
function filter(field) {
  const rows = document.querySelectorAll(`#${field.dataset.filters} tbody tr`);
  const found = document.getElementById("filter-found");
  field.closest("[hidden]")?.removeAttribute("hidden");
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    let count = 0;
    for (const row of rows) {
      if (!(row instanceof HTMLElement)) continue;
      row.hidden = !(row.textContent ?? "").toLowerCase().includes(wanted);
      if (!row.hidden) count += 1;
    }
    if (found) found.textContent = `${count} found`;
  });
}
