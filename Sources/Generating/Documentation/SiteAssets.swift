/// What the pages of a site share.
enum SiteAssets {
  static let style = """
    :root {
      color-scheme: light dark;
      --back: #fdfdfc; --front: #1d1f21; --quiet: #62666d; --line: #d9dbdf; --soft: #f2f3f5; --link: #0b5cad; --mark: #b4530a;
    }
    @media (prefers-color-scheme: dark) {
      :root:not([data-theme="light"]) {
        --back: #16181b; --front: #e4e6ea; --quiet: #9aa0a8; --line: #34383e; --soft: #1f2226; --link: #78b5f5; --mark: #f0a35e;
      }
    }
    :root[data-theme="light"] { color-scheme: light; }
    :root[data-theme="dark"] {
      color-scheme: dark;
      --back: #16181b; --front: #e4e6ea; --quiet: #9aa0a8; --line: #34383e; --soft: #1f2226; --link: #78b5f5; --mark: #f0a35e;
    }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--back); color: var(--front); font: 15px/1.5 system-ui, sans-serif; }
    a { color: var(--link); text-decoration: none; }
    a:hover, a:focus-visible { text-decoration: underline; }
    header {
      position: sticky; top: 0; z-index: 2; display: flex; flex-wrap: wrap; gap: .4rem 1rem; align-items: center;
      padding: .5rem 1rem; background: var(--back); border-bottom: 1px solid var(--line);
    }
    header nav { display: flex; flex-wrap: wrap; gap: .2rem .8rem; flex: 1; }
    header nav a[aria-current] { color: var(--front); font-weight: 600; }
    .home { font-weight: 700; color: var(--front); }
    main { max-width: 90rem; margin: 0 auto; padding: 1rem; }
    h1 { font-size: 1.7rem; margin: .5rem 0; }
    h2 { font-size: 1.25rem; margin: 2.2rem 0 .5rem; border-bottom: 1px solid var(--line); }
    h3 { font-size: 1.05rem; margin: 0 0 .3rem; }
    h3 small { color: var(--quiet); font-weight: 400; }
    h4 { font-size: .85rem; margin: .9rem 0 .2rem; color: var(--quiet); text-transform: uppercase; letter-spacing: .04em; }
    p { margin: .3rem 0; max-width: 60rem; }
    article { scroll-margin-top: 4rem; padding: .9rem 1rem; margin: .8rem 0; border: 1px solid var(--line); border-radius: 8px; }
    article:target { border-color: var(--mark); }
    .quiet, .place, dt { color: var(--quiet); }
    .place { font-size: .8rem; white-space: nowrap; }
    .wide { overflow-x: auto; }
    table { border-collapse: collapse; font-size: .88rem; }
    th, td { text-align: left; vertical-align: top; padding: .2rem .7rem .2rem 0; border-bottom: 1px solid var(--line); }
    thead th { color: var(--quiet); font-weight: 400; }
    code, pre { font: .84rem/1.45 ui-monospace, monospace; }
    pre { margin: 0; padding: .5rem .7rem; background: var(--soft); border-radius: 6px; overflow: auto; max-height: 30rem; white-space: pre; }
    td pre { padding: .1rem .4rem; white-space: pre-wrap; }
    dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .1rem 1rem; margin: .4rem 0; font-size: .9rem; }
    dd { margin: 0; min-width: 0; }
    input, button {
      font: inherit; color: inherit; background: var(--soft); border: 1px solid var(--line); border-radius: 6px; padding: .2rem .6rem;
    }
    .search { position: relative; }
    #results {
      position: absolute; right: 0; margin: .3rem 0 0; padding: .3rem; width: min(36rem, 90vw); max-height: 70vh; overflow: auto;
      list-style: none; background: var(--back); border: 1px solid var(--line); border-radius: 8px;
    }
    #results a { display: block; padding: .2rem .5rem; color: var(--front); border-radius: 5px; }
    #results a small { color: var(--quiet); display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    #results .chosen, #results a:hover { background: var(--soft); text-decoration: none; }
    .kinds { display: flex; flex-wrap: wrap; gap: .2rem 1rem; }
    .picture { position: relative; margin: 1rem 0; border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
    .tools { position: absolute; top: .5rem; right: .5rem; display: flex; gap: .3rem; }
    .diagram { display: block; width: 100%; height: 65vh; cursor: grab; touch-action: none; }
    .diagram text { font: 12px ui-monospace, monospace; fill: var(--front); }
    .diagram .title { font-weight: 700; }
    .diagram .type { text-anchor: end; fill: var(--quiet); }
    .diagram .primary { font-weight: 700; }
    .diagram .foreign { fill: var(--link); }
    .diagram rect { fill: var(--back); stroke: var(--line); stroke-width: 1.5; }
    .diagram .other rect { fill: var(--soft); stroke-dasharray: 4 3; }
    .diagram .edge { fill: none; stroke: var(--quiet); stroke-width: 1.2; }
    .diagram .optional { stroke-dasharray: 5 3; }
    .diagram .head { fill: var(--quiet); }
    .diagram .found rect { stroke: var(--mark); stroke-width: 3; }
    .diagram.finding .node:not(.found), .diagram.finding .edges { opacity: .25; }
    @media print { header, .tools { display: none; } article { break-inside: avoid; } }

    """

  static let script = #"""
    "use strict";
    (() => {
      const root = document.documentElement;
      const remembered = name => { try { return localStorage.getItem(name); } catch { return null; } };
      const remember = (name, value) => { try { localStorage.setItem(name, value); } catch { /* a file may have no storage */ } };

      // Light or dark: what the machine says, until somebody chooses.
      const theme = remembered("theme");
      if (theme) root.dataset.theme = theme;
      document.getElementById("theme").addEventListener("click", () => {
        const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
        root.dataset.theme = isDark ? "light" : "dark";
        remember("theme", root.dataset.theme);
      });

      // Search: every word has to be somewhere; names count more than comments.
      const field = document.getElementById("search");
      const list = document.getElementById("results");
      let chosen = -1;
      const find = text => {
        const words = text.toLowerCase().split(/\s+/).filter(Boolean);
        if (!words.length) return [];
        return objects
          .map(([title, comment, place]) => {
            const name = title.toLowerCase(), all = name + " " + comment.toLowerCase();
            if (!words.every(word => all.includes(word))) return null;
            const hits = words.filter(word => name.includes(word)).length;
            const exact = words.some(word => name.split(/[\s.(]/).includes(word)) ? 1 : 0;
            return { title, comment, place, rank: hits * 2 + exact - name.length / 1000 };
          })
          .filter(Boolean).sort((a, b) => b.rank - a.rank).slice(0, 50);
      };
      const show = () => {
        const found = find(field.value);
        chosen = -1;
        list.replaceChildren(...found.map(({ title, comment, place }) => {
          const item = document.createElement("li"), link = document.createElement("a"), note = document.createElement("small");
          link.href = place;
          link.textContent = title;
          note.textContent = comment;
          link.append(note);
          item.append(link);
          return item;
        }));
        list.hidden = !found.length;
      };
      const choose = index => {
        const links = [...list.querySelectorAll("a")];
        if (!links.length) return;
        links.forEach(link => link.classList.remove("chosen"));
        chosen = (index + links.length) % links.length;
        links[chosen].classList.add("chosen");
        links[chosen].scrollIntoView({ block: "nearest" });
      };
      field.addEventListener("input", show);
      field.addEventListener("keydown", event => {
        if (event.key === "ArrowDown") { choose(chosen + 1); event.preventDefault(); }
        if (event.key === "ArrowUp") { choose(chosen - 1); event.preventDefault(); }
        if (event.key === "Enter") { list.querySelectorAll("a")[Math.max(chosen, 0)]?.click(); list.hidden = true; }
        if (event.key === "Escape") { field.value = ""; show(); }
      });
      document.addEventListener("keydown", event => {
        if (event.key === "/" && !/^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)) { field.focus(); event.preventDefault(); }
      });
      document.addEventListener("click", event => { if (!event.target.closest(".search")) list.hidden = true; });
      const asked = new URLSearchParams(location.search).get("q");
      if (asked) { field.value = asked; show(); }

      // Diagrams: the wheel and the buttons zoom, the pointer moves, the field finds.
      for (const picture of document.querySelectorAll(".picture")) {
        const svg = picture.querySelector("svg");
        const [width, height] = svg.dataset.size.split(" ").map(Number);
        let view = { x: 0, y: 0, width, height };
        const draw = () => svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.width} ${view.height}`);
        const zoom = (factor, x = view.x + view.width / 2, y = view.y + view.height / 2) => {
          const wide = Math.min(Math.max(view.width * factor, 120), width * 3), real = wide / view.width;
          view = { x: x - (x - view.x) * real, y: y - (y - view.y) * real, width: wide, height: view.height * real };
          draw();
        };
        const point = event => {
          const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
          return [at.x, at.y];
        };
        svg.addEventListener("wheel", event => {
          event.preventDefault();
          zoom(event.deltaY < 0 ? 0.85 : 1 / 0.85, ...point(event));
        }, { passive: false });
        let last = null, moved = 0;
        svg.addEventListener("pointerdown", event => { last = [event.clientX, event.clientY]; moved = 0; });
        svg.addEventListener("pointermove", event => {
          if (!last) return;
          const scale = 1 / svg.getScreenCTM().a, dx = event.clientX - last[0], dy = event.clientY - last[1];
          moved += Math.abs(dx) + Math.abs(dy);
          view.x -= dx * scale; view.y -= dy * scale;
          last = [event.clientX, event.clientY];
          draw();
        });
        for (const name of ["pointerup", "pointerleave"]) svg.addEventListener(name, () => { last = null; });
        svg.addEventListener("dragstart", event => event.preventDefault());
        // Whoever moves the picture does not follow the link under the pointer.
        svg.addEventListener("click", event => { if (moved > 5) { event.preventDefault(); event.stopPropagation(); } }, true);
        picture.querySelector('[data-zoom="in"]').addEventListener("click", () => zoom(0.7));
        picture.querySelector('[data-zoom="out"]').addEventListener("click", () => zoom(1 / 0.7));
        picture.querySelector('[data-zoom="all"]').addEventListener("click", () => { view = { x: 0, y: 0, width, height }; draw(); });
        picture.querySelector(".find").addEventListener("input", event => {
          const text = event.target.value.trim().toLowerCase();
          const nodes = [...svg.querySelectorAll(".node")];
          nodes.forEach(node => node.classList.toggle("found", text !== "" && node.dataset.name.includes(text)));
          svg.classList.toggle("finding", text !== "");
          const first = svg.querySelector(".found rect");
          if (first) {
            const box = first.getBBox(), wide = Math.min(width, Math.max(box.width * 4, 700)), tall = height * wide / width;
            view = { x: box.x + box.width / 2 - wide / 2, y: box.y + box.height / 2 - tall / 2, width: wide, height: tall };
          } else {
            view = { x: 0, y: 0, width, height };
          }
          draw();
        });
      }
    })();

    """#
}
