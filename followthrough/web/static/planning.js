// Counts what is chosen as one chooses. Without it, "Count again" does.
"use strict";
(() => {
  const form = document.getElementById("planning");
  const approve = form?.querySelector("[name=do][value=approve]");
  const capacity = document.getElementById("capacity");
  if (!form || !capacity) return;
  const said = (name) => capacity.querySelector(`[data-${name}]`);
  const short = (number) => String(Math.round(number * 1000) / 1000);

  const estimate = (box) => {
    const typed = box.closest("tr").querySelector("input[type=number]");
    const number = typed ? Number.parseFloat(typed.value) : NaN;
    return number > 0 ? number : Number(box.dataset.estimate);
  };

  const count = () => {
    const chosen = [...form.querySelectorAll(".take:checked")];
    const takes = chosen.reduce((sum, box) => sum + estimate(box), 0);
    said("count").textContent = chosen.length;
    said("takes").textContent = short(takes);
    const left = said("left");
    if (!left) return;
    const rest = Number(capacity.dataset.share) - Number(capacity.dataset.planned) - takes;
    left.textContent = rest < 0 ? `${short(-rest)} too much` : `${short(rest)} left`;
    left.classList.toggle("late", rest < 0);
    approve.textContent = rest < 0 ? `Approve ${short(-rest)} more than the share` : "Approve";
    form.elements.said_over.value = short(Math.max(-rest, 0));
  };

  form.addEventListener("input", count);
  count();
})();
