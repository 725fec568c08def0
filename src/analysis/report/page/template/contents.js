"use strict";
const tools = document.querySelector(".tools"), find = document.querySelector("#find"), show = document.querySelector("#show");
const tables = [...document.querySelectorAll("table.sortable")];
function choose() {
  const text = find.value.trim().toLowerCase();
  const names = (name) => name.toLowerCase().includes(text);
  for (const row of tables.flatMap((table) => [...table.tBodies[0].rows])) {
    const said = [...row.cells].some((cell) => cell.dataset.call === show.value);
    row.hidden = !names(row.cells[0].textContent) || (show.value !== "" && !said);
  }
  for (const area of document.querySelectorAll("details.area")) area.hidden = !names(area.dataset.area);
  const left = tables.length ? [...tables[0].tBodies[0].rows].filter((row) => !row.hidden).length : 0;
  document.querySelector("#found").textContent = tools.dataset.found.replace("#", left);
}
function sort(table, column, heading) {
  const down = heading.getAttribute("aria-sort") === "ascending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", down ? "descending" : "ascending");
  const text = (row) => row.cells[column].dataset.call ?? row.cells[column].textContent;
  const rows = [...table.tBodies[0].rows].sort((a, b) => text(a).localeCompare(text(b)) * (down ? -1 : 1));
  table.tBodies[0].append(...rows);
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
