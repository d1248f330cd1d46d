"use strict";
// The page tells everything without this script; it joins the map to the table and lets arrow keys walk the cells.
for (const panel of document.querySelectorAll(".panel")) {
  const detail = panel.querySelector(".detail");
  const quiet = detail.textContent;
  const parts = [...panel.querySelectorAll("[data-pair]")];
  const show = (pair) => {
    for (const part of parts) {
      part.classList.toggle("on", part.dataset.pair === pair);
      if (part.matches(".link")) part.classList.toggle("faded", pair !== null && part.dataset.pair !== pair);
    }
    const cell = parts.find((part) => part.matches(".cell") && part.dataset.pair === pair);
    detail.textContent = cell ? cell.dataset.told : quiet;
    detail.classList.toggle("told", Boolean(cell));
  };
  const focused = () => {
    const cell = document.activeElement?.closest?.(".cell");
    return cell && panel.contains(cell) ? cell.dataset.pair : null;
  };
  for (const part of parts) {
    part.addEventListener("mouseenter", () => show(part.dataset.pair));
    part.addEventListener("mouseleave", () => show(focused()));
  }
  panel.addEventListener("focusin", () => show(focused()));
  panel.addEventListener("focusout", () => show(null));
  panel.addEventListener("keydown", (event) => {
    const cell = event.target.closest(".cell");
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!cell || !step) return;
    event.preventDefault();
    let [row, column] = cell.dataset.pair.split("-").map(Number);
    let next = null;
    do {
      row += step[0];
      column += step[1];
      next = panel.querySelector(`.cell[data-pair="${row}-${column}"]`);
    } while (!next && row === column);
    next?.focus();
  });
}
