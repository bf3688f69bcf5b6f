// Beside the form of an answer template: the fields that its sentence may hold, and names to choose from.
"use strict";
(() => {
  const start = () => {
    const panel = document.getElementById("sa-beside");
    const [language, kind, name, text] = ["language", "kind", "name", "text"].map((id) => document.getElementById(`id_${id}`));
    if (!panel || !language || !kind || !name || !text) return;
    const list = document.createElement("datalist");
    list.id = "sa-names";
    name.setAttribute("list", list.id);
    name.after(list);
    const filled = (holder, tag, texts, className) => {
      holder.replaceChildren(...texts.flatMap((one) => {
        const made = document.createElement(tag);
        made.textContent = one;
        if (className) made.className = className;
        if (tag === "button") made.type = "button";
        return [made, document.createTextNode(" ")];
      }));
    };
    const rows = (id) => document.querySelector(`.field-${id}`);
    let asked = 0;
    const look = async () => {
      const answer = kind.value === "answer";
      if (rows("name")) rows("name").hidden = answer;
      if (rows("question")) rows("question").hidden = !answer;
      const mine = ++asked;
      const query = new URLSearchParams({ language: language.value, kind: kind.value, name: name.value });
      const response = await fetch(`${panel.dataset.url}?${query}`, { headers: { Accept: "application/json" } });
      if (!response.ok || mine !== asked) return;
      const found = await response.json();
      filled(panel.querySelector(".sa-fields"), "button", found.fields, "sa-field");
      filled(panel.querySelector(".sa-sentences"), "li", found.sentences);
      list.replaceChildren(...found.names.map((one) => new Option(one)));
    };
    panel.addEventListener("click", (event) => {
      const field = event.target.closest(".sa-field");
      if (!field) return;
      text.setRangeText(field.textContent, text.selectionStart, text.selectionEnd, "end");
      text.focus();
    });
    [language, kind, name].forEach((field) => field.addEventListener("change", look));
    look();
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
