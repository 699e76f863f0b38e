const field = document.getElementById("name");
const found = document.getElementById("found");
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const items = [...document.querySelectorAll("#list li")].map((item) => [item, plain(item.textContent)]);
let told;
function narrow() {
  const parts = plain(field.value).split(/\s+/).filter(Boolean);
  let count = 0;
  for (const [item, text] of items) {
    item.hidden = !parts.every((part) => text.includes(part));
    count += !item.hidden;
  }
  for (const region of document.querySelectorAll("#list section")) {
    region.hidden = !region.querySelector("li:not([hidden])");
  }
  clearTimeout(told);
  told = setTimeout(() => {
    found.textContent = count === 1 ? "1 council found" : `${count} councils found`;
  }, 300);
}
document.getElementById("find").hidden = false;
field.addEventListener("input", narrow);
// Enter opens the only council that is left, or goes to the first of several.
field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !field.value) return;
  const links = items.filter(([item]) => !item.hidden).map(([item]) => item.querySelector("a"));
  if (links.length === 1) links[0].click();
  else if (links.length) links[0].focus();
});
if (field.value) narrow();
