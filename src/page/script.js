// Copy buttons and a filter. Without this the page says the same: buttons stay hidden, everything can be read.
(() => {
  // No id of a heading can stand for a symbol.
  const once = Symbol.for("stepgate page");
  if (window[once]) return;
  window[once] = true;

  const said = (words) => {
    let place = document.querySelector(".sg-said");
    if (!place) {
      place = document.createElement("div");
      place.className = "sg-said";
      place.setAttribute("role", "status");
      document.body.append(place);
    }
    place.textContent = words;
  };

  const copyText = async (code) => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      return true;
    } catch {
      // No permission, or no secure page: what is selected can still be copied.
      const range = document.createRange();
      range.selectNodeContents(code);
      const selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      const done = document.execCommand("copy");
      selection.removeAllRanges();
      return done;
    }
  };

  const makeCopyable = (button) => {
    const code = button.closest(".sg-card").querySelector("pre.sg-command > code");
    const word = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const done = await copyText(code);
      button.textContent = done ? "Copied" : "Not copied";
      said(done ? "Copied" : "It could not be copied");
      setTimeout(() => { button.textContent = word; }, 1500);
    });
  };

  // Each head of a page has one: it filters what follows it, up to the next head.
  const makeFilter = (head, items) => {
    if (items.length < 4) return;
    const bar = document.createElement("div");
    const label = document.createElement("label");
    const input = document.createElement("input");
    const count = document.createElement("span");
    bar.className = "sg-filter";
    label.textContent = "Filter";
    input.type = "search";
    input.id = label.htmlFor = `sg-filter-${document.querySelectorAll(".sg-filter").length}`;
    count.setAttribute("role", "status");
    const filter = () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const item of items) {
        const text = item.textContent.toLowerCase();
        item.hidden = !words.every((word) => text.includes(word));
        shown += !item.hidden;
      }
      count.textContent = words.length ? `${shown} of ${items.length}` : "";
    };
    input.addEventListener("input", filter);
    bar.append(label, input, count);
    head.append(bar);
  };

  const start = () => {
    document.querySelectorAll(".sg-card button.sg-copy").forEach(makeCopyable);
    const heads = [...document.querySelectorAll(".sg-about, .sg-index")];
    const all = [...document.querySelectorAll("[data-sg-item]")];
    heads.forEach((head, at) => {
      const next = heads[at + 1];
      const after = (item) => head.contains(item) || head.compareDocumentPosition(item) & Node.DOCUMENT_POSITION_FOLLOWING;
      const before = (item) => !next || next.compareDocumentPosition(item) & Node.DOCUMENT_POSITION_PRECEDING;
      makeFilter(head, all.filter((item) => after(item) && before(item)));
    });
    // Whoever prints a page wants all of it.
    let opened = [];
    addEventListener("beforeprint", () => {
      opened = [...document.querySelectorAll("details:not([open])")];
      opened.forEach((one) => { one.open = true; });
    });
    addEventListener("afterprint", () => opened.forEach((one) => { one.open = false; }));
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
