
"use strict";
(() => {
  const chart = document.getElementById("chart");
  if (!chart) return;
  const data = JSON.parse(document.getElementById("data").textContent);
  const told = document.getElementById("told"), ring = document.getElementById("ring");
  const marks = [...document.querySelectorAll("#points > *")];
  const spots = marks.map((mark) => { const box = mark.getBBox(); return [box.x + box.width / 2, box.y + box.height / 2]; });
  const whole = chart.viewBox.baseVal, start = [whole.x, whole.y, whole.width, whole.height];
  let view = [...start], here = -1;

  document.querySelector(".tools").hidden = false;

  const add = (name, text, style) => {
    if (!text) return;
    const element = document.createElement(name);
    element.textContent = text;
    if (style) element.className = style;
    told.append(element);
  };

  const show = (n) => {
    here = n;
    const [title, heading, text, below] = data[n];
    told.replaceChildren();
    add("h3", title);
    add("p", heading, "dim");
    add("p", text);
    add("p", below, "dim");
    ring.setAttribute("cx", spots[n][0]);
    ring.setAttribute("cy", spots[n][1]);
    ring.classList.remove("away");
  };

  const look = () => {
    chart.setAttribute("viewBox", view.join(" "));
  };

  const zoom = (factor, x = view[0] + view[2] / 2, y = view[1] + view[3] / 2) => {
    const width = Math.min(start[2], Math.max(start[2] / 40, view[2] * factor)), scale = width / view[2];
    view = [x - (x - view[0]) * scale, y - (y - view[1]) * scale, width, view[3] * scale];
    look();
  };

  const at = (event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(chart.getScreenCTM().inverse());
    return [point.x, point.y];
  };

  const seen = (n) => !marks[n].classList.contains("away") && !marks[n].classList.contains("faint");

  const towards = (dx, dy) => {
    if (here < 0) return nearest(view[0] + view[2] / 2, view[1] + view[3] / 2);
    let best = -1, least = Infinity;
    spots.forEach(([x, y], n) => {
      const along = (x - spots[here][0]) * dx + (y - spots[here][1]) * dy;
      const across = Math.abs((x - spots[here][0]) * dy) + Math.abs((y - spots[here][1]) * dx);
      if (n !== here && along > 0 && across <= 2 * along && seen(n) && along + 2 * across < least) [best, least] = [n, along + 2 * across];
    });
    return best;
  };

  const nearest = (x, y) => {
    let best = -1, least = Infinity;
    spots.forEach(([a, b], n) => {
      const distance = (a - x) ** 2 + (b - y) ** 2;
      if (seen(n) && distance < least) [best, least] = [n, distance];
    });
    return best;
  };

  const within = () => {
    const [x, y] = spots[here];
    if (x < view[0] || x > view[0] + view[2]) view[0] = x - view[2] / 2;
    if (y < view[1] || y > view[1] + view[3]) view[1] = y - view[3] / 2;
    look();
  };

  const row = (n) => [...document.querySelectorAll("#pages tr[data-key]")].find((r) => r.dataset.key === data[n][4]);

  chart.addEventListener("pointerover", (event) => {
    if (event.target.dataset.n) show(Number(event.target.dataset.n));
  });
  chart.addEventListener("click", (event) => {
    if (event.target.dataset.n) show(Number(event.target.dataset.n));
  });
  chart.addEventListener("wheel", (event) => {
    if (document.activeElement !== chart && !event.ctrlKey) return;
    event.preventDefault();
    zoom(event.deltaY > 0 ? 1.2 : 1 / 1.2, ...at(event));
  }, { passive: false });

  let held = null;
  chart.addEventListener("pointerdown", (event) => { held = at(event); });
  chart.addEventListener("pointermove", (event) => {
    if (!held || !event.buttons) return;
    const [x, y] = at(event);
    view[0] += held[0] - x;
    view[1] += held[1] - y;
    look();
  });
  addEventListener("pointerup", () => { held = null; });

  chart.addEventListener("keydown", (event) => {
    const steps = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
    if (steps[event.key]) {
      const next = towards(...steps[event.key]);
      if (next >= 0) { show(next); within(); }
    } else if (event.key === "Enter" && here >= 0) {
      const page = row(here);
      if (page) { page.focus(); page.scrollIntoView({ block: "center" }); }
    } else if (event.key === "+") zoom(1 / 1.4);
    else if (event.key === "-") zoom(1.4);
    else if (event.key === "Escape") { here = -1; ring.classList.add("away"); view = [...start]; look(); }
    else return;
    event.preventDefault();
  });

  document.getElementById("closer").addEventListener("click", () => zoom(1 / 1.4));
  document.getElementById("farther").addEventListener("click", () => zoom(1.4));
  document.getElementById("all").addEventListener("click", () => { view = [...start]; look(); });

  document.getElementById("find").addEventListener("input", (event) => {
    const wanted = event.target.value.trim().toLowerCase();
    let found = 0;
    data.forEach((entry, n) => {
      const match = !wanted || entry.join("\n").toLowerCase().includes(wanted);
      found += match;
      marks[n].classList.toggle("faint", !match);
    });
    document.getElementById("matches").textContent = wanted ? `${found} of ${data.length}` : "";
  });

  for (const box of document.querySelectorAll("[data-kind]")) {
    box.addEventListener("change", () => {
      for (const mark of document.querySelectorAll(`#points .${box.dataset.kind}`)) mark.classList.toggle("away", !box.checked);
    });
  }
})();
