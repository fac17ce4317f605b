/**
 * Brings the quoted words into view where the browser has not done so itself: because it knows no
 * text fragments and takes the whole of "#excerpt:~:text=..." for a name, or because the page was
 * laid out anew after the jump. Who comes back to the page finds it as they left it.
 */
addEventListener("load", () => {
  const [visit] = performance.getEntriesByType("navigation");
  const quoted = document.getElementById("excerpt");
  if (!quoted || !location.hash.startsWith("#excerpt")) return;
  if (visit instanceof PerformanceNavigationTiming && visit.type !== "navigate") return;
  const { top, bottom } = quoted.getBoundingClientRect();
  if (bottom < 0 || top > innerHeight)
    quoted.scrollIntoView({ block: "start", behavior: "instant" });
});
