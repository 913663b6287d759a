/// What a report does: it sorts tables, and shows the sentences of its data a page at a time.
///
/// Everything from outside goes into the page as text nodes, never as HTML.
enum PageScript {
  static let text = #"""
    "use strict";
    for (const table of document.querySelectorAll("table.sortable")) makeSortable(table);
    if (document.getElementById("data")) browse(JSON.parse(document.getElementById("data").textContent));

    // Tables: a click on a column's name sorts by it, another turns the order round. Cells without a value stay below.
    function makeSortable(table) {
      const heads = [...table.tHead.rows[0].cells];
      heads.forEach((head, column) => {
        head.querySelector("button").addEventListener("click", () => {
          const before = head.getAttribute("aria-sort");
          const first = head.classList.contains("number") ? "descending" : "ascending";
          const order = before === null ? first : before === "ascending" ? "descending" : "ascending";
          heads.forEach((other) => other.removeAttribute("aria-sort"));
          head.setAttribute("aria-sort", order);
          const sign = order === "ascending" ? 1 : -1;
          const body = table.tBodies[0];
          body.append(...[...body.rows].sort((a, b) => compareCells(a.cells[column], b.cells[column], sign)));
        });
      });
    }

    function compareCells(a, b, sign) {
      const [x, y] = [a, b].map((cell) => (cell ? cell.dataset.value ?? cell.textContent : ""));
      if (x === "" || y === "") return (x === "") - (y === "");
      const [m, n] = [Number(x), Number(y)];
      return sign * (Number.isNaN(m) || Number.isNaN(n) ? x.localeCompare(y) : m - n);
    }

    // Sentences.
    function browse(data) {
      const pageSize = 20;
      const field = (name) => document.getElementById("browse-" + name);
      const list = field("list");
      const choices = ["run", "show", "reading", "error", "type", "class", "order"].map(field);
      let found = [];
      let page = 0;

      fill(field("run"), data.runs.map((run, i) => [i, run.name]));
      fill(field("type"), data.types.map((type, i) => [i, type]));
      for (const name of ["run", "type"]) {
        if (field(name).options.length === 1) field(name).closest("label").hidden = true;
      }
      choices.forEach((choice) => choice.addEventListener("change", search));
      field("query").addEventListener("input", search);
      field("first").addEventListener("click", () => turn(0));
      field("previous").addEventListener("click", () => turn(page - 1));
      field("next").addEventListener("click", () => turn(page + 1));
      field("last").addEventListener("click", () => turn(lastPage()));
      search();

      function fill(select, options) {
        for (const [value, name] of options) select.append(make("option", { value }, name));
      }

      function lastPage() {
        return Math.max(0, Math.ceil(found.length / pageSize) - 1);
      }

      function search() {
        const run = data.runs[field("run").value];
        const contexts = data.contexts[run.contexts];
        field("class").closest("label").hidden = !contexts;
        field("reading").closest("label").hidden = !run.with;
        const query = field("query").value.trim().toLowerCase();
        const gains = ["helps", "hurts"];
        for (const name of gains) field("show").querySelector(`[value=${name}]`).hidden = !run.with;
        const show = !run.with && gains.includes(field("show").value) ? "" : field("show").value;
        const wanted = { show, error: field("error").value, type: field("type").value };
        // A choice that is hidden has no say.
        const reading = run.with ? field("reading").value : "";
        const readings = ["with", "without"].filter((name) => run[name] && ["", name].includes(reading));
        const kind = field("class").value;
        found = [];
        for (let i = 0; i !== data.words.length; i++) {
          if (kind !== "" && contexts && contexts.classes[i] !== Number(kind)) continue;
          if (query && !text(i, contexts).includes(query)) continue;
          if (fits(i, run, readings, wanted)) found.push(i);
        }
        const weight = {
          errors: (i) => readings.reduce((sum, name) => sum + mistakes(run[name][i]), 0),
          helps: (i) => gain(run, i), hurts: (i) => -gain(run, i),
        }[field("order").value];
        if (weight) found.sort((a, b) => weight(b) - weight(a) || a - b);
        turn(0);
      }

      function text(i, contexts) {
        return (data.words[i] + "\n" + (contexts ? contexts.texts[i] : "")).toLowerCase();
      }

      function fits(i, run, readings, wanted) {
        const change = gain(run, i);
        if (wanted.show === "helps" && !(change > 0)) return false;
        if (wanted.show === "hurts" && !(0 > change)) return false;
        const faults = readings.some((name) => mistakes(run[name][i]) > 0);
        if (wanted.show === "errors" && !faults) return false;
        if (wanted.show === "right" && faults) return false;
        if (wanted.error !== "" || wanted.type !== "") {
          return readings.some((name) => spans(run[name][i], 4).some(([, , type, error]) =>
            (wanted.error === "" || error === Number(wanted.error)) && (wanted.type === "" || type === Number(wanted.type))))
            || (wanted.error === "" && spans(data.gold[i], 3).some(([, , type]) => type === Number(wanted.type)));
        }
        return true;
      }

      // Numbers in groups: start, end, type, and for predictions the error (0: none).
      function spans(numbers, size) {
        const out = [];
        for (let i = 0; i !== numbers.length; i += size) out.push(numbers.slice(i, i + size));
        return out;
      }

      function mistakes(numbers) {
        return spans(numbers, 4).filter(([, , , error]) => error !== 0).length;
      }

      // How many errors fewer there are with the context.
      function gain(run, i) {
        return run.with ? mistakes(run.without[i]) - mistakes(run.with[i]) : 0;
      }

      function turn(to) {
        page = Math.min(Math.max(0, to), lastPage());
        const shown = found.slice(page * pageSize, (page + 1) * pageSize);
        list.replaceChildren(...shown.map(sentence));
        const from = page * pageSize + 1;
        field("status").textContent = found.length === 0
          ? "No sentence fits."
          : `${from} – ${from + shown.length - 1} of ${found.length} (${data.words.length} sentences in all)`;
        field("first").disabled = field("previous").disabled = page === 0;
        field("next").disabled = field("last").disabled = page === lastPage();
      }

      function sentence(i) {
        const run = data.runs[field("run").value];
        const contexts = data.contexts[run.contexts];
        const words = data.words[i].split(" ");
        const gold = spans(data.gold[i], 3);
        const change = gain(run, i);
        const head = make("h3", {}, make("span", {}, `Sentence ${i + 1}`));
        if (contexts) head.append(make("span", {}, `context: ${data.classes[contexts.classes[i]]}`));
        if (change > 0) head.append(make("span", { class: "helps" }, `${change} error${change === 1 ? "" : "s"} fewer with context`));
        if (0 > change) head.append(make("span", { class: "hurts" }, `${-change} error${change === -1 ? "" : "s"} more with context`));
        const lines = make("dl", {}, make("dt", {}, "gold"), tagged(words, gold.map((span) => [...span, 0])));
        if (run.with) lines.append(make("dt", {}, "with"), tagged(words, spans(run.with[i], 4)));
        lines.append(make("dt", {}, "without"), tagged(words, spans(run.without[i], 4)));
        const article = make("article", { class: contexts ? "sentence" : "sentence alone" }, head, lines);
        if (contexts) article.append(context(contexts.texts[i], words, gold));
        return article;
      }

      // Entities in their places. A missed one whose place is taken follows behind.
      function tagged(words, entities) {
        const line = make("dd", { dir: "auto" });
        const rest = [];
        let at = 0;
        const missed = data.errors.indexOf("missed") + 1;
        for (const entity of [...entities].sort((a, b) => a[0] - b[0] || a[3] - b[3])) {
          const [start, end] = entity;
          const free = start >= at && (entity[3] !== missed
            || !entities.some((other) => other !== entity && other[3] !== missed && end > other[0] && other[1] > start));
          if (!free) { rest.push(entity); continue; }
          if (start > at) line.append(words.slice(at, start).join(" ") + " ");
          line.append(marked(words, entity), " ");
          at = end;
        }
        line.append(words.slice(at).join(" "));
        for (const entity of rest) line.append(" ", marked(words, entity));
        return line;
      }

      function marked(words, [start, end, type, error]) {
        const name = error === 0 ? "" : data.errors[error - 1];
        const style = error === 0 ? "entity" : name === "missed" ? "entity missed" : "entity wrong";
        const mark = make("span", { class: style }, words.slice(start, end).join(" "), make("b", {}, data.types[type]));
        if (name) mark.append(make("i", {}, name));
        mark.style.setProperty("--h", hue(type));
        return mark;
      }

      // Neighbouring types get hues far apart.
      function hue(type) {
        return Math.round(type * 137.5 + 205) % 360;
      }

      // The context, with the gold entities that it mentions marked.
      function context(text, words, gold) {
        const box = make("div", { class: "context", dir: "auto", tabindex: "0", role: "group", "aria-label": "context" });
        const lower = text.toLowerCase();
        const hits = [];
        // Lower case may be longer than the text: then no place in it can be trusted.
        if (lower.length === text.length) {
          for (const [start, end, type] of gold) {
            const name = words.slice(start, end).join(" ").toLowerCase();
            for (let at = lower.indexOf(name); at !== -1; at = lower.indexOf(name, at + name.length)) {
              const inWord = [text[at - 1], text[at + name.length]].some((next) => next && /[\p{L}\p{N}]/u.test(next));
              if (!inWord) hits.push([at, at + name.length, type]);
            }
          }
        }
        let at = 0;
        for (const [start, end, type] of hits.sort((a, b) => a[0] - b[0] || b[1] - a[1])) {
          if (at > start) continue;
          const mark = make("mark", {}, text.slice(start, end));
          mark.style.setProperty("--h", hue(type));
          box.append(text.slice(at, start), mark);
          at = end;
        }
        box.append(text.slice(at) || (at === 0 ? "(empty)" : ""));
        return box;
      }

      function make(name, attributes, ...children) {
        const node = document.createElement(name);
        for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
        node.append(...children);
        return node;
      }
    }
    """#
}
