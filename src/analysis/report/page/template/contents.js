"use strict";
const tools = document.querySelector(".tools"), find = document.querySelector("#find"), show = document.querySelector("#show");
const tables = [...document.querySelectorAll("table.sortable")];
function choose() {
  const text = find.value.trim().toLowerCase();
  const names = (name) => name.toLowerCase().includes(text);
  const rows = [...document.querySelectorAll("table.sortable tbody tr")];
  for (const row of rows) {
    const said = [...row.cells].some((cell) => cell.dataset.call === show.value);
    row.hidden = !names(row.cells[0].textContent) || (show.value !== "" && !said);
  }
  const left = new Set(rows.filter((row) => !row.hidden).map((row) => row.cells[0].textContent));
  document.querySelector("#found").textContent = tools.dataset.found.replace("#", left.size);
  if (text || show.value) for (const one of document.querySelectorAll("details")) one.open = true;
}
const value = (row, column) => Number.isNaN(parseFloat(row.cells[column].dataset.sort)) ? -Infinity : parseFloat(row.cells[column].dataset.sort);
function sort(table, column, heading) {
  const areas = table.querySelector(".areas") ?? table.tBodies[0]; // the nation and regions stand where they are
  const down = heading.getAttribute("aria-sort") === "ascending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", down ? "descending" : "ascending");
  const of = (row) => row.cells[column].dataset.sort ?? row.cells[column].dataset.call ?? row.cells[column].textContent;
  const rows = [...areas.rows].sort((a, b) => of(a).localeCompare(of(b), undefined, { numeric: false }) * (down ? -1 : 1));
  if ("sort" in areas.rows[0].cells[column].dataset) rows.sort((a, b) => (value(a, column) - value(b, column)) * (down ? -1 : 1));
  areas.append(...rows);
}
for (const table of tables) {
  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    button.addEventListener("click", () => sort(table, column, heading));
    heading.append(button);
  });
}
tools.hidden = false;
find.addEventListener("input", choose);
show.addEventListener("change", choose);
